import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileError } from '@neural-fields/core/node';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { type CurvePoint, readCurve } from '../src/fitting/curve-lines.ts';
import { openCurve, type TrainingCurve } from '../src/fitting/training-curve.ts';
import type { Output } from '../src/output/output.ts';

interface LossPoint extends CurvePoint {
  readonly loss: number;
}

const point = (step: number, loss = 1 / step): LossPoint => ({ step, seconds: step / 10, loss });

/** A curve in an empty folder, and what it has warned of. */
const setUp = () => {
  const path = join(emptyFolder(), 'curve.jsonl');
  const warnings: string[] = [];
  const output: Output = {
    json: false,
    quiet: false,
    log: () => undefined,
    warn: line => void warnings.push(line),
    result: () => undefined,
    event: () => undefined,
  };
  const file = { path, numbers: ['loss'] };
  return {
    path,
    warnings,
    open: (step: number): Promise<TrainingCurve<LossPoint>> => openCurve<LossPoint>(file, { step, output }),
    inFile: (): LossPoint[] => readCurve<LossPoint>(file),
  };
};

test('what is added is in the file at once; a resumed run forgets what is beyond its checkpoint', async () => {
  const { open, inFile } = setUp();
  const first = await open(0);
  expect([first.points, first.secondsBefore]).toEqual([[], 0]);
  for (const step of [1, 2, 3]) first.add(point(step));
  expect(inFile()).toEqual([1, 2, 3].map(step => point(step)));
  const second = await open(2);
  expect([second.points, second.secondsBefore]).toEqual([[point(1), point(2)], 0.2]);
  expect(inFile()).toHaveLength(2);
  second.add(point(3, 7));
  expect(inFile()).toEqual([point(1), point(2), point(3, 7)]);
});

test('a fit that goes back forgets the steps that it takes again', async () => {
  const { open, inFile } = setUp();
  const curve = await open(0);
  for (const step of [2, 4, 6, 8]) curve.add(point(step));
  curve.add(point(5, 9));
  expect(inFile()).toEqual([point(2), point(4), point(5, 9)]);
  expect(curve.points).toEqual(inFile());
});

test('infinities and NaN come back as they were', async () => {
  const { open, inFile } = setUp();
  const curve = await open(0);
  for (const [i, loss] of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].entries())
    curve.add(point(i + 1, loss));
  expect(inFile().map(({ loss }) => loss)).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
});

test.each([
  ['half a line at the end', (line: string) => `${line.repeat(1)}{"step":3,"sec`],
  [
    'lines that are no points',
    (line: string) => `null\n[]\n{}\n{"step":"1"}\n{"step":2,"seconds":1}\n${line}\u0000\u0000`,
  ],
  ['a step twice', (line: string) => line + line],
])('%s is passed over, and what is added after it is whole', async (_, damage) => {
  const { path, open, inFile } = setUp();
  writeFileSync(path, damage(`${JSON.stringify(point(2))}\n`));
  const curve = await open(10);
  expect(curve.points).toEqual([point(2)]);
  curve.add(point(11));
  expect(inFile()).toEqual([point(2), point(11)]);
  expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(point(2))}\n${JSON.stringify(point(11))}\n`);
});

test('a curve that cannot be written is kept, told once, and written when it can be', async () => {
  const { path, warnings, open, inFile } = setUp();
  const curve = await open(0);
  curve.add(point(1));
  rmSync(path);
  mkdirSync(path);
  for (const step of [2, 3, 4]) curve.add(point(step));
  curve.save();
  expect(warnings).toEqual([
    expect.stringMatching(/^the training curve is kept in memory: cannot write '.*': it is a folder/),
  ]);
  rmSync(path, { recursive: true });
  curve.save();
  expect(inFile()).toEqual([1, 2, 3, 4].map(step => point(step)));
  expect(warnings).toHaveLength(1);
});

test('the rest of a line that was cut off is written over, and a file that somebody has cut is written anew', async () => {
  const { path, open, inFile } = setUp();
  const curve = await open(0);
  curve.add(point(1));
  appendFileSync(path, '{"step":2,"seconds":0.2,"loss":0.123456789,"and":');
  curve.add(point(2));
  expect(inFile()).toEqual([point(1), point(2)]);
  truncateSync(path, 5);
  curve.add(point(3));
  expect(inFile()).toEqual([1, 2, 3].map(step => point(step)));
});

test('what cannot be read is refused before the fit', async () => {
  const { path, open } = setUp();
  mkdirSync(path);
  await expect(open(0)).rejects.toThrow(FileError);
});
