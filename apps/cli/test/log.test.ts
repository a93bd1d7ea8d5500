/** @file The logs of a fit: JSON lines and the event files of TensorBoard. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { parseLogTarget } from '../src/recording/log-target.ts';
import { snapshotSteps } from '../src/recording/snapshots.ts';
import { crc32c, maskedCrc32c } from '../src/recording/tensorboard/crc32c.ts';
import { startEvent, summaryEvent, tfRecord } from '../src/recording/tensorboard/event.ts';
import { integerField } from '../src/recording/tensorboard/protobuf.ts';
import { run, start, tiny } from './cli.ts';
import { writePicture, writeSound } from './examples.ts';

interface LoggedReport {
  readonly step: number;
  readonly seconds: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
}

const readLog = (path: string): LoggedReport[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as LoggedReport);

const eventFiles = (folder: string): string[] => readdirSync(folder).filter(name => name.includes('tfevents'));

/** The data of the records in an event file, with their checksums checked. */
const recordsIn = (bytes: Buffer): Buffer[] => {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc32c(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
};

test('CRC-32C has the values of RFC 3720, appendix B.4', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(ascending)).toBe(0x46dd794e);
  expect(crc32c(ascending.toReversed())).toBe(0x113fdb5c);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('records have the bytes that TensorFlow writes', () => {
  // Serialised and framed by the package tensorboard 2.21.0.
  const time = { wallTime: 1.5, step: 300 };
  expect(Buffer.from(tfRecord(startEvent(time))).toString('hex')).toBe(
    `100000000000000095fbfe18${'09000000000000f83f10ac023a020801'}713b788a`,
  );
  const scalar = summaryEvent(time, [{ tag: 'loss', scalar: 0.25 }]);
  expect(Buffer.from(scalar).toString('hex')).toBe('09000000000000f83f10ac022a0d0a0b0a046c6f7373150000803e');
  expect(Buffer.from(startEvent(time)).toString('hex')).toBe('09000000000000f83f10ac023a020801');
  const image = { tag: 'a', png: Uint8Array.of(7, 8), width: 3, height: 2, channels: 1 };
  expect(Buffer.from(summaryEvent(time, [image])).toString('hex')).toBe(
    `09000000000000f83f10ac02` + `2a110a0f0a016122` + `0a080210031801` + `22020708`,
  );
  expect(() => integerField(1, -1)).toThrow(/at least 0, got -1/);
});

test('pictures of a fit are taken at steps in geometric progression', () => {
  expect(snapshotSteps(2048)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]);
  expect(snapshotSteps(20)).toEqual([1, 2, 3, 4, 5, 7, 9, 12, 15, 20]);
  expect(snapshotSteps(1)).toEqual([1]);
});

test('--log takes a .jsonl file or a folder, and nothing else', () => {
  const cwd = emptyFolder();
  mkdirSync(join(cwd, 'runs.d'));
  expect(parseLogTarget('a.jsonl')).toEqual({ kind: 'jsonl', path: 'a.jsonl' });
  expect(parseLogTarget('runs/a')).toEqual({ kind: 'tensorboard', path: 'runs/a' });
  expect(parseLogTarget(join(cwd, 'runs.d'))).toEqual({ kind: 'tensorboard', path: join(cwd, 'runs.d') });
  expect(parseLogTarget('tensorboard:a.b')).toEqual({ kind: 'tensorboard', path: 'a.b' });
  for (const bad of ['a.csv', 'tensorboard:', '']) expect(() => parseLogTarget(bad)).toThrow(/--log/);
});

test('a fit logs each report as a line of JSON', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const args = [
    'fit',
    'a.png',
    '-o',
    'a.safetensors',
    ...tiny,
    '--steps',
    '6',
    '--report-every',
    '2',
    '--log',
    'a.jsonl',
  ];
  expect(await run(args, { cwd })).toMatchObject({ code: 0 });
  const lines = readLog(join(cwd, 'a.jsonl'));
  expect(lines.map(({ step }) => step)).toEqual([2, 4, 6]);
  for (const { loss, learningRate, seconds, terms, metrics } of lines) {
    expect(loss).toBeGreaterThan(0);
    expect(Object.values(terms)).toEqual([loss]);
    expect(metrics['psnr']).toBeCloseTo(10 * Math.log10(4 / loss), 6);
    expect(learningRate).toBeLessThan(4e-3);
    expect(seconds).toBeGreaterThan(0);
  }
  expect(readdirSync(cwd).sort()).toEqual(['a.jsonl', 'a.png', 'a.safetensors']);

  // A fit from the start replaces the log of another; one that this program did not write is left alone.
  const again = await run(args, { cwd });
  expect(again.code).toBe(0);
  expect(again.stderr).toContain("replaces 'a.jsonl'");
  expect(readLog(join(cwd, 'a.jsonl')).map(({ step }) => step)).toEqual([2, 4, 6]);
  writeFileSync(join(cwd, 'a.jsonl'), '{"step":1,"mine":true}\n');
  const refused = await run(args, { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /--log 'a\.jsonl': the file exists and is not the history of a fit that this program wrote; overwrite it with --force/,
  );
  expect(readFileSync(join(cwd, 'a.jsonl'), 'utf8')).toBe('{"step":1,"mine":true}\n');
});

test('a resumed fit continues its log without a gap or a repeat', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const args = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '600', '--log', 'a.jsonl'];
  const running = start(args, { cwd });
  await running.saw(/step 120\//);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(130);
  const before = readLog(join(cwd, 'a.jsonl'));
  const resumed = await run(args, { cwd });
  expect(resumed.code).toBe(0);
  expect(resumed.stderr).toContain("continues 'a.jsonl'");
  const lines = readLog(join(cwd, 'a.jsonl'));
  expect(lines.map(({ step }) => step)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
  expect(lines.slice(0, before.length)).toEqual(before);
  const seconds = lines.map(point => point.seconds);
  expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
});

/** Reads a folder with TensorBoard, where `python3` or `TENSORBOARD_PYTHON` has it. */
const READER = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'images': 0})
events.Reload()
print(json.dumps({
  'scalars': {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']},
  'images': {tag: [[e.step, e.width, e.height] for e in events.Images(tag)] for tag in events.Tags()['images']},
}))`;

interface ReadEvents {
  readonly scalars: Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>;
  readonly images: Readonly<Record<string, readonly (readonly [step: number, width: number, height: number])[]>>;
}

const readWithTensorBoard = (folder: string): ReadEvents | undefined => {
  const python = process.env['TENSORBOARD_PYTHON'] ?? 'python3';
  if (spawnSync(python, ['-c', 'import tensorboard']).status !== 0) return undefined;
  const { stdout, stderr } = spawnSync(python, ['-c', READER, folder], { encoding: 'utf8' });
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as ReadEvents;
};

test('event files have whole records, one version and the pictures of the fit', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 16, height: 12, channels: 3 });
  const args = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '20', '--log', 'runs/a'];
  mkdirSync(join(cwd, 'runs'));
  expect(await run(args, { cwd })).toMatchObject({ code: 0 });
  const [file] = eventFiles(join(cwd, 'runs', 'a'));
  const records = recordsIn(readFileSync(join(cwd, 'runs', 'a', file as string)));
  expect(records[0]?.includes('brain.Event:2')).toBe(true);
  const having = (text: string): number => records.filter(record => record.includes(text)).length;
  expect([having('loss'), having('psnr'), having('learning-rate')]).toEqual([20, 20, 20]);
  expect(records.filter(record => record.includes(Buffer.from([0x89, 0x50, 0x4e, 0x47])))).toHaveLength(10);

  // A new fit replaces the events, and a folder with other files is left alone.
  expect(await run(args, { cwd })).toMatchObject({ code: 0 });
  expect(eventFiles(join(cwd, 'runs', 'a'))).toHaveLength(1);
  mkdirSync(join(cwd, 'mine'));
  writeFileSync(join(cwd, 'mine', 'notes.txt'), 'mine');
  const refused = await run([...args.slice(0, -1), 'mine'], { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("--log 'mine': the folder has files that this program did not write");
  expect(readdirSync(join(cwd, 'mine'))).toEqual(['notes.txt']);
});

test('TensorBoard reads what a stopped and resumed fit of a sound has logged', async context => {
  const cwd = emptyFolder();
  writeSound(cwd, 'a.wav');
  const args = ['fit', 'a.wav', '-o', 'a.safetensors', ...tiny, '--steps', '400', '--log', 'tensorboard:log'];
  const running = start(args, { cwd });
  await running.saw(/step 80\//);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(130);
  expect((await run(args, { cwd })).code).toBe(0);
  expect(eventFiles(join(cwd, 'log'))).toHaveLength(2);
  const read = readWithTensorBoard(join(cwd, 'log'));
  if (read === undefined) context.skip('there is no tensorboard for python3 (TENSORBOARD_PYTHON names another)');
  const { scalars, images } = read as ReadEvents;
  expect(Object.keys(scalars).sort()).toEqual(['learning-rate', 'loss', 'psnr']);
  expect(scalars['loss']?.map(([step]) => step)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  expect(images['field']).toHaveLength(12);
});
