/** @file `prune`: budgets of parameters and bytes, a quality, and what it refuses. */
import '@tensorflow/tfjs-backend-cpu';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '@neural-fields/core';
import { decodeFieldData } from '@neural-fields/core/files';
import { encodeImage } from '@neural-fields/signals';
import ndarray from 'ndarray';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, start } from './cli.ts';

const SIDE = 24;
const cwd = mkdtempSync(join(tmpdir(), 'neural-fields-'));
const quick = ['--backend', 'simd', '--json'];

/** The last event of a kind. */
const event = (stdout: string, kind: string) =>
  stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { readonly event: string } & Readonly<Record<string, never>>)
    .findLast(({ event: name }) => name === kind) as never as {
    readonly before: Readonly<Record<string, number>>;
    readonly after: Readonly<Record<string, number>>;
    readonly bound: readonly number[];
    readonly pruned: { readonly from: number; readonly to: number };
    readonly layers: readonly { readonly shape: string }[];
  };

const prune = (args: readonly string[]) => run(['prune', 'f.safetensors', ...quick, ...args], { cwd });

beforeAll(async () => {
  const pixels = Float32Array.from({ length: 4 * SIDE * SIDE }, (_, i) => {
    const [y, x] = [Math.floor(i / (2 * SIDE)), i % (2 * SIDE)];
    return 0.5 + 0.3 * Math.sin(0.2 * x + 0.1 * y) + 0.1 * Math.cos(0.02 * x * y);
  });
  writeFileSync(join(cwd, 'p.png'), await encodeImage(ndarray(pixels, [2 * SIDE, 2 * SIDE, 1]), { format: 'png' }));
  const size = ['--size', `${SIDE}`, '--hidden-features', '32', '--hidden-layers', '1', '--steps', '150'];
  const { code, stderr } = await run(['fit', 'p.png', '-o', 'f.safetensors', ...size, '--backend', 'simd'], { cwd });
  expect(code, stderr).toBe(0);
});

afterAll(() => rmSync(cwd, { recursive: true, force: true }));

test('a budget of parameters, with the quality at and between the samples, and a record that info shows', async () => {
  const goal = ['--parameters', '400', '--rounds', '3', '--steps', '15', '--final-steps', '60'];
  const { code, stdout, stderr } = await prune([...goal, '--signal', 'p.png', '-o', 'a.safetensors']);
  expect(code, stderr).toBe(0);
  const { before, after, pruned } = event(stdout, 'done');
  expect(after['parameters']).toBeLessThanOrEqual(400);
  expect(after['bytes']).toBe(statSync(join(cwd, 'a.safetensors')).size);
  expect(after['bytes']).toBeLessThan((before['bytes'] as number) / 1.5);
  for (const name of ['psnr', 'psnrBetween', 'renderSeconds']) expect(after[name], name).toBeGreaterThan(0);
  expect(pruned).toMatchObject({ from: before['parameters'], to: after['parameters'], criterion: 'outgoing' });
  const info = await run(['info', 'a.safetensors'], { cwd });
  expect(info.stdout).toMatch(
    /^pruned {6}from 1,185 to \d+ parameters by outgoing, 90 steps; units: layers\.0 32 -> /m,
  );
  const lower = ['--parameters', '300', '--precision', 'int8', '-o', 'b.safetensors'];
  const again = await run(['prune', 'a.safetensors', ...quick, ...lower], { cwd });
  expect(decodeFieldData(readFileSync(join(cwd, 'b.safetensors'))).precision).toBe('int8');
  expect(event(again.stdout, 'done').after['parameters']).toBeLessThanOrEqual(300);
});

test('the field of a shape is fitted on with its points and normals', async () => {
  const rng = createRng(3);
  const lines = Array.from({ length: 300 }, () => {
    const direction = [rng.normal(), rng.normal(), rng.normal()];
    const length = Math.hypot(...direction);
    const normal = direction.map(x => x / length);
    return [...normal.map(x => 2 * x + 5), ...normal].join(' ');
  });
  writeFileSync(join(cwd, 'ball.xyz'), `${lines.join('\n')}\n`);
  const fitted = ['--hidden-features', '24', '--hidden-layers', '1', '--steps', '150', '--batch', '200'];
  const fit = await run(['fit', 'ball.xyz', '-o', 'ball.safetensors', ...fitted, '--backend', 'simd'], { cwd });
  expect(fit.code, fit.stderr).toBe(0);
  const command = ['prune', 'ball.safetensors', ...quick, '--signal', 'ball.xyz', '-o', 'small.safetensors', '--force'];
  const small = [...command, '--parameters', '300', '--rounds', '2', '--learning-rate', '1e-3', '--batch', '200'];
  const pruned = async (steps: number) => {
    const { code, stdout, stderr } = await run([...small, '--steps', `${steps}`], { cwd });
    expect(code, stderr).toBe(0);
    return event(stdout, 'done');
  };
  const cut = (await pruned(1)).after;
  const { before, after } = await pruned(40);
  expect(after['parameters']).toBeLessThanOrEqual(300);
  for (const name of ['surfaceError', 'normalError']) {
    expect(before[name], name).toBeGreaterThan(0);
    expect(after[name], name).toBeLessThan(cut[name] as number);
  }
  const info = await run(['info', 'small.safetensors'], { cwd });
  expect(info.stdout).toMatch(/^quality {5}/m);
  expect(await run([...command, '--psnr', '30'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--psnr: wanted the field of a picture or a sound, got one of a shape'),
  });
});

test('a pruning that is killed resumes to the bits of an unbroken one', async () => {
  const goal = ['--parameters', '400', '--rounds', '4', '--steps', '150', '--signal', 'p.png', '--batch', '100'];
  const command = (output: string): string[] => ['prune', 'f.safetensors', ...quick, ...goal, '-o', output];
  expect(await run(command('whole.safetensors'), { cwd })).toMatchObject({ code: 0 });
  const resumedFrom: number[] = [];
  for (let ended = false; !ended; ) {
    const running = start([...command('killed.safetensors'), '--checkpoint-every', '0.01'], { cwd });
    await running.saw(/"event":"start"/);
    // After the second removal and after the third one.
    const timer = running.saw(resumedFrom.length === 0 ? /"round":2,/ : /"round":3,/);
    if (resumedFrom.length < 2) void timer.then(() => running.child.kill('SIGKILL'));
    const { code, stdout } = await running.finished;
    resumedFrom.push(Number(/"resumedFrom":(\d+)/.exec(stdout)?.[1]));
    ended = code === 0;
  }
  expect(resumedFrom[0]).toBe(0);
  expect(resumedFrom.at(-1)).toBeGreaterThanOrEqual(150);
  expect(existsSync(join(cwd, 'killed.safetensors.checkpoint'))).toBe(false);
  const [whole, killed] = ['whole', 'killed'].map(name => readFileSync(join(cwd, `${name}.safetensors`)));
  expect(killed?.equals(whole as Buffer)).toBe(true);
}, 120_000);

test('Ctrl-C writes a checkpoint that is a field, and another run does not take it', async () => {
  const command = (...more: string[]): string[] => {
    const goal = ['--parameters', '400', '--steps', '2000', '--signal', 'p.png', '-o', 'stopped.safetensors'];
    return ['prune', 'f.safetensors', '--backend', 'simd', ...goal, ...more];
  };
  const running = start([...command(), '--json'], { cwd });
  await running.saw(/"event":"round"/);
  running.child.kill('SIGINT');
  expect(await running.finished).toMatchObject({ code: 130 });
  const info = await run(['info', 'stopped.safetensors.checkpoint'], { cwd });
  expect(info.stdout).toContain('represents  an image of 24 x 24 pixels');
  const other = await run(command('--batch', '50'), { cwd });
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('is the checkpoint of another run')]);
});

test('a size of the file, at once, with a finite bound', async () => {
  const { code, stdout } = await prune(['--size', '4kB']);
  expect(code).toBe(0);
  expect(statSync(join(cwd, 'f.pruned.safetensors')).size).toBeLessThanOrEqual(4000);
  expect(event(stdout, 'bound').bound.every(Number.isFinite)).toBe(true);
});

test('a quality: as small as it allows', async () => {
  const { stdout: shown } = await run(['info', 'f.safetensors', '--json'], { cwd });
  const { run: fitted } = JSON.parse(shown) as { readonly run: { readonly psnr: number } };
  const goal = ['--psnr', `${Math.floor(fitted.psnr) - 10}`, '--steps', '60', '--rounds', '3'];
  const { code, stdout, stderr } = await prune([...goal, '--signal', 'p.png', '-o', 'q.safetensors']);
  expect(code, stderr).toBe(0);
  const { before, after } = event(stdout, 'done');
  expect(after['psnr']).toBeGreaterThanOrEqual(Math.floor(fitted.psnr) - 10);
  expect(after['parameters']).toBeLessThan(before['parameters'] as number);
  const { code: refused, stderr: why } = await prune(['--psnr', '99', '--signal', 'p.png', '-o', 'r.safetensors']);
  expect([refused, why]).toEqual([1, expect.stringContaining('wanted a field of at least 99.00 dB')]);
  expect(existsSync(join(cwd, 'r.safetensors'))).toBe(false);
});

test.each([
  [[], 'wanted one of --parameters, --psnr and --size, got none'],
  [['--parameters', '9', '--size', '1kB'], 'got --parameters and --size'],
  [['--psnr', '30'], '--psnr: it needs the signal that the field represents'],
  [['--parameters', '9', '--criterion', 'gradient'], '--criterion gradient: it needs the signal'],
  [['--psnr', '30', '--signal', 'p.png', '--restart'], '--restart: there is no checkpoint with --psnr'],
  [['--size', 'small'], 'a size such as 40kB, 1.5MB or 40000'],
  [['--criterion', 'best'], 'outgoing, bessel, gradient, magnitude, random'],
] as const)('refuses %j', async (args, message) => {
  const { code, stderr } = await prune(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});
