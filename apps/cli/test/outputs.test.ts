/** @file Files of the user are never replaced by accident, and two runs never write one file. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createOutput } from '@neural-fields/app-kit';
import {
  isOwnResult,
  lockOutput,
  lockPath,
  type OutputKind,
  withOutputFolder,
  withOutputs,
} from '@neural-fields/app-kit/files';
import { temporaryPath } from '@neural-fields/core/node';
import { encodeGlb, encodeObj, encodePly } from '@neural-fields/shapes';
import { encodeAudio, encodeImage } from '@neural-fields/signals';
import { createImageWriter } from '@neural-fields/signals/node';
import { emptyFolder, type Finished } from '@neural-fields/testing/programs';
import { beforeEach, describe, expect, test } from 'vitest';
import { entry, run, start, tiny } from './cli.ts';
import { writePicture } from './examples.ts';

let cwd = '';
beforeEach(async () => {
  cwd = emptyFolder();
  await writePicture(cwd, 'in.png');
});

const at = (name: string): string => (name.startsWith('/') ? name : join(cwd, name));
const silent = createOutput({ quiet: true });

/** What a command does before its work, and a word from the work. */
const claim = (
  input: string,
  outputs: Readonly<Record<string, readonly OutputKind[]>>,
  force = false,
): Promise<string> => {
  const files = Object.entries(outputs).map(([name, kinds], i) => ({
    option: i === 0 ? '--output' : '--other',
    path: at(name),
    kinds,
  }));
  return withOutputs({ inputs: [at(input)], outputs: files, force }, silent, async () => 'worked');
};

/** The same, which must be refused, and must leave every file as it was. */
const refused = async (command: () => Promise<unknown>, says: RegExp | string): Promise<void> => {
  const contents = (): unknown =>
    readdirSync(cwd, { withFileTypes: true }).map(entry => [
      entry.name,
      entry.isFile() && readFileSync(at(entry.name)).toString('hex'),
    ]);
  const before = contents();
  await expect(command()).rejects.toThrow(says);
  expect(contents()).toEqual(before);
};

const fit = (...args: string[]): Promise<Finished> => run(['fit', ...args, ...tiny, '--steps', '2'], { cwd });
const lastLine = ({ stderr }: Finished): string => stderr.trimEnd().split('\n').at(-1) as string;

describe('outputs', () => {
  test('are never what is read, under any of its names, nor two in one', async () => {
    copyFileSync(at('in.png'), at('a.png'));
    symlinkSync('a.png', at('soft.png'));
    linkSync(at('a.png'), at('hard.png'));
    symlinkSync('.', at('here'));
    for (const name of ['a.png', './a.png', 'soft.png', 'hard.png', 'here/a.png'])
      await refused(
        () => claim('a.png', { [name]: ['png'] }, true),
        /--output .*: it is the same file as the input .*a\.png', which it would overwrite/,
      );
    await refused(() => claim('soft.png', { 'hard.png': ['png'] }, true), /is the same file/);
    await refused(
      () => claim('in.png', { 'b.png': ['png'], './here/b.png': ['png'] }),
      /b\.png': it is the same file as --output/,
    );
    await refused(
      () => claim('in.png', { 'b.png': ['png'], 'in.png': ['checkpoint'] }),
      /--other .* is the same file as/,
    );
  });

  test("of others are replaced by force alone; an empty file is nobody's", async () => {
    writeFileSync(at('notes.safetensors'), 'mine');
    writeFileSync(at('empty.safetensors'), '');
    await refused(
      () => claim('in.png', { 'notes.txt': ['field'] }, true),
      /--output: wanted a name that ends in \.safetensors, got '.*notes\.txt'/,
    );
    await refused(
      () => claim('in.png', { 'notes.safetensors': ['field'] }),
      /'.*notes\.safetensors': the file exists and is not a field file that this program wrote; overwrite it with --force/,
    );
    expect(await claim('in.png', { 'notes.safetensors': ['field'] }, true)).toBe('worked');
    expect(await claim('in.png', { 'empty.safetensors': ['field'] })).toBe('worked');
    // A safetensors file of PyTorch is no field of ours.
    const header = Buffer.from('{"__metadata__":{"format":"pt"}}');
    writeFileSync(at('model.safetensors'), Buffer.concat([Buffer.of(header.length, 0, 0, 0, 0, 0, 0, 0), header]));
    await refused(
      () => claim('in.png', { 'model.safetensors': ['field'] }),
      /is not a field file that this program wrote/,
    );
  });

  test('that the library wrote are known again in every format, and those of others are not', async () => {
    const own = new Map<string, OutputKind>();
    const image = { data: new Float32Array(12), shape: [2, 2, 3], stride: [6, 3, 1], offset: 0 };
    for (const kind of ['png', 'jpeg', 'webp', 'avif'] as const) {
      writeFileSync(at(`own.${kind}`), await encodeImage(image, { format: kind }));
      own.set(`own.${kind}`, kind);
    }
    const rows = await createImageWriter(at('rows.png'), { width: 1, height: 1, channels: 1 });
    await rows.writeRows(new Float32Array(1));
    await rows.close();
    own.set('rows.png', 'png');
    const samples = { data: new Float32Array(4), shape: [4, 1], stride: [1, 1], offset: 0 };
    writeFileSync(at('own.wav'), encodeAudio({ samples, sampleRate: 8000 }));
    own.set('own.wav', 'wav');
    const mesh = { positions: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0), triangles: Uint32Array.of(0, 1, 2) };
    for (const [kind, bytes] of [
      ['glb', await encodeGlb(mesh)],
      ['ply', encodePly(mesh)],
      ['obj', encodeObj(mesh)],
    ] as const) {
      writeFileSync(at(`own.${kind}`), bytes);
      own.set(`own.${kind}`, kind);
    }
    for (const [name, kind] of own) {
      const bytes = readFileSync(at(name));
      const extension = kind === 'jpeg' ? 'jpg' : kind;
      writeFileSync(
        at(`mine.${extension}`),
        Buffer.from(bytes.toString('latin1').replaceAll('neural-fields', 'another-maker'), 'latin1'),
      );
      expect(await isOwnResult(at(name), kind)).toBe(true);
      await refused(
        () => claim('in.png', { [`mine.${extension}`]: [kind] }),
        /that this program wrote; overwrite it with --force/,
      );
    }
  });

  test('that are links to nothing are refused; other links are followed', async () => {
    symlinkSync('gone.png', at('dangling.png'));
    await refused(
      () => claim('in.png', { 'dangling.png': ['png'] }, true),
      "it is a link to 'gone.png', which does not exist",
    );
    mkdirSync(at('elsewhere'));
    expect((await fit('in.png', '-o', 'elsewhere/a.safetensors')).code).toBe(0);
    symlinkSync('elsewhere/a.safetensors', at('link.safetensors'));
    const before = readFileSync(at('elsewhere/a.safetensors'));
    const again = await fit('in.png', '-o', 'link.safetensors', '--seed', '5');
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("overwrites 'link.safetensors'\n") });
    expect(readFileSync(at('elsewhere/a.safetensors')).equals(before)).toBe(false);
    expect(realpathSync(at('link.safetensors'))).toBe(realpathSync(at('elsewhere/a.safetensors')));
  });
});

describe('the commands', () => {
  const untouched = async (args: readonly string[], code: number, says: RegExp): Promise<void> => {
    const before = readFileSync(at('tetra.png'));
    const finished = await run(args, { cwd });
    expect(finished).toMatchObject({ code, stdout: '' });
    expect(lastLine(finished)).toMatch(says);
    expect(readFileSync(at('tetra.png')).equals(before)).toBe(true);
  };

  test('destroy neither their input nor a picture of the user', async () => {
    const corners = ['0 0 0', '1 0 0', '0 1 0', '0 0 1'].map(corner => `v ${corner}`);
    const faces = ['1 3 2', '1 2 4', '1 4 3', '2 3 4'].map(face => `f ${face}`);
    writeFileSync(at('tetra.obj'), [...corners, ...faces].join('\n'));
    linkSync(at('tetra.obj'), at('tetra.png'));
    const shape = ['fit', 'tetra.obj', ...tiny, '--steps', '2', '--batch', '8', '-o'];
    await untouched([...shape, 'tetra.obj'], 2, /--output: wanted a name that ends in \.safetensors/);
    await untouched(
      [...shape, 'a.safetensors', '--preview', 'a.safetensors'],
      2,
      /--preview: wanted a name that ends in \.png/,
    );
    await untouched([...shape, 'a.safetensors', '--preview', 'tetra.png', '--force'], 2, /is the same file/);
    writeFileSync(at('a.safetensors.png'), 'mine');
    await untouched(
      [...shape, 'a.safetensors'],
      1,
      /--preview 'a\.safetensors\.png': the file exists and is not a PNG image/,
    );
    expect((await fit('in.png', '-o', 'b.safetensors')).code).toBe(0);
    await untouched(
      ['render', 'b.safetensors', '-o', 'tetra.png'],
      1,
      /--output 'tetra\.png': the file exists and is not a PNG image/,
    );
    await untouched(
      ['mesh', 'b.safetensors', '-o', 'tetra.obj'],
      1,
      /--output 'tetra\.obj': the file exists and is not an OBJ mesh/,
    );
  });
});

describe('locks', () => {
  test('two runs do not write one output; a killed one holds nothing', async () => {
    const long = ['fit', 'in.png', '-o', 'a.safetensors', ...tiny, '--steps', '1000000', '--batch', 'full'];
    const first = start(long, { cwd });
    await first.saw(/fits .* parameters/);
    symlinkSync('.', join(cwd, 'here'));
    for (const output of ['a.safetensors', 'here/a.safetensors']) {
      const second = await fit('in.png', '-o', output);
      expect(second).toMatchObject({ code: 1, stdout: '' });
      expect(lastLine(second)).toMatch(/another run \(process \d+\) is writing it/);
    }
    first.child.kill('SIGKILL');
    await first.finished;
    const third = await fit('in.png', '-o', 'a.safetensors', '--restart');
    expect(third.code).toBe(0);
    expect(readdirSync(cwd).sort()).toEqual(['a.safetensors', 'here', 'in.png']);
  });

  test('a lock is not held by the dead: of this machine, of another, or unfinished', () => {
    const target = join(cwd, 'x');
    const lock = lockPath(target);
    const dead = spawnSync(process.execPath, ['--version']).pid;
    const place = (() => {
      const held = lockOutput(target);
      const { place: found } = JSON.parse(readFileSync(lock, 'utf8')) as { place: string };
      held.release();
      return found;
    })();
    expect(place).toContain(hostname());
    for (const holder of [
      { pid: dead, started: '1', place },
      // The number of a living process, given to another one since.
      { pid: process.ppid, started: 'another', place },
    ]) {
      writeFileSync(lock, JSON.stringify(holder));
      lockOutput(target).release();
      expect(existsSync(lock)).toBe(false);
    }
    for (const text of [JSON.stringify({ pid: 1, started: '', place: 'elsewhere' }), '', '{']) {
      writeFileSync(lock, text);
      expect(() => lockOutput(target)).toThrow(/another run/);
      const old = new Date(Date.now() - 120_000);
      spawnSync('touch', ['-d', old.toISOString(), lock]);
      lockOutput(target).release();
    }
    expect(readdirSync(cwd)).toEqual(['in.png']);
  });

  const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
  test.skipIf(!canMount)('are whole or absent on a full disk (skipped where a user may not mount one)', async () => {
    const disk = join(cwd, 'disk');
    mkdirSync(disk);
    const refused = (args: readonly string[]): void => {
      const command = [process.execPath, entry, ...args].map(each => `'${each}'`).join(' ');
      const fill = `dd if=/dev/zero of='${disk}/full' 2> /dev/null`;
      const { stdout, stderr } = spawnSync(
        'unshare',
        [
          '-rm',
          'sh',
          '-c',
          `mount -t tmpfs -o size=64k none '${disk}'; ${fill}; ${command}; echo "code $?"; find '${disk}' -type f`,
        ],
        { cwd, encoding: 'utf8' },
      );
      expect(stderr).toMatch(
        /^neural-fields: cannot write '[^']*': its lock .*: there is no space left on the disk\n$/,
      );
      expect(stdout).toBe(`code 1\n${disk}/full\n`);
    };
    refused(['fit', 'in.png', '-o', 'disk/a.safetensors', ...tiny, '--steps', '2', '--quiet']);
    refused(['demo', '--out', 'disk/page', ...tiny, '--quiet']);
  });

  test("of a run that was killed while it took a dead one over: what is left is removed, and is nobody else's file", async () => {
    const dead = spawnSync(process.execPath, ['--version']).pid;
    writeFileSync(temporaryPath(join(cwd, 'a.png'), dead), 'a lock');
    await claim('in.png', { 'a.png': ['png'] });
    expect(readdirSync(cwd)).toEqual(['in.png']);
    const folder = join(cwd, 'folder');
    mkdirSync(folder);
    writeFileSync(temporaryPath(join(folder, 'results'), dead), 'a lock');
    await expect(withOutputFolder(folder, { option: '--out' }, async () => 'done')).resolves.toBe('done');
  });

  test('hold one name, and no other', () => {
    const held = lockOutput(join(cwd, 'x'));
    expect(() => lockOutput(join(cwd, 'x'))).toThrow(/is writing it/);
    expect(() => lockOutput(join(cwd, 'y')).release()).not.toThrow();
    held.release();
  });
});

describe('folders', () => {
  const output = (folder: string, force = false): Promise<string[]> =>
    withOutputFolder(folder, { option: '--out', force }, async () => readdirSync(folder));

  test('are made, and used again', async () => {
    const folder = join(cwd, 'a/b');
    expect(await output(folder)).toContain('.neural-fields-results');
    writeFileSync(join(folder, 'index.html'), 'ours');
    await output(folder);
    expect(readdirSync(folder).sort()).toEqual(['.neural-fields-results', 'index.html']);
  });

  test('of the user are left alone without --force', async () => {
    await expect(output(cwd)).rejects.toThrow(/the folder has files that this program did not write/);
    expect(readdirSync(cwd)).toEqual(['in.png']);
    await output(cwd, true);
    await expect(output(join(cwd, 'in.png'))).rejects.toThrow(/cannot make the folder/);
  });

  test('are written by one run at a time', async () => {
    const folder = join(cwd, 'a');
    await withOutputFolder(folder, { option: '--out' }, async () => {
      await expect(output(folder)).rejects.toThrow(/is writing it/);
    });
    await output(folder);
  });
});
