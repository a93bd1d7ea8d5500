import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { KernelProgram } from '@neural-fields/core/kernels';
import { expectCloseInNorm } from '@neural-fields/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { simdBinary } from '../../src/generated/binaries.ts';
import { constants } from '../../src/generated/records.ts';
import { KernelMemoryError, KernelThreadError } from '../../src/index.ts';
import { type Kernels, loadKernels } from '../../src/load-kernels.ts';
import { encodeProgram } from '../../src/program/encode-program.ts';
import { Runner } from '../../src/program/run-program.ts';
import type { Purpose } from '../../src/program/scratch-layout.ts';
import { CONTROL, serve } from '../../src/threads/serve.ts';
import { chooseBuild, decodeBinary } from '../../src/wasm/binary.ts';
import { fixedValues, network, parameters } from '../program/chain.ts';

const runnerOf = (kernels: Kernels, purpose: Purpose, program: KernelProgram = network): Runner =>
  new Runner(kernels.machine, encodeProgram(kernels.machine, program, purpose));

const forward = (kernels: Kernels): Float32Array[] =>
  runnerOf(kernels, 'forward').forward([coords], parameters, coords.length / 2);

const backward = (
  kernels: Kernels,
  given: {
    readonly program?: KernelProgram;
    readonly coords: Float32Array;
    readonly upstream: readonly Float32Array[];
  } = {
    coords,
    upstream,
  },
): Float32Array[] =>
  runnerOf(kernels, 'backward', given.program).backward({
    inputs: [given.coords],
    parameters,
    upstream: given.upstream,
    total: given.coords.length / 2,
  });

const coords = fixedValues(2 * 5_001, 3, 1);
const upstream = [fixedValues(5_001, 4, 1)];

/** Watches the workers that this process starts from now on. @returns a function that waits for `count` of them */
const watchWorkers = async (): Promise<(count: number) => Promise<readonly Worker[]>> => {
  // Lets pending events of workers started before pass.
  await setImmediate();
  const workers: Worker[] = [];
  const add = (worker: Worker): void => void workers.push(worker);
  process.on('worker', add);
  onTestFinished(() => void process.off('worker', add));
  return async count => {
    await expect.poll(() => workers.length).toBeGreaterThanOrEqual(count);
    return workers;
  };
};

describe('threads', () => {
  it.each([2, 3])('%i of them agree with one to rounding, and are deterministic', async count => {
    const one = await loadKernels({ threads: 1 });
    const many = await loadKernels({ threads: count });
    expect(many.pool.count).toBe(count);
    expect(forward(many)).toEqual(forward(one));
    const expected = backward(one);
    const actual = backward(many);
    // Sums of 5,001 terms in a different order.
    for (const [index, values] of expected.entries())
      expectCloseInNorm(actual[index] as Float32Array, values, { relative: 1e-5 });
    for (let again = 0; again < 5; again++) expect(backward(many)).toEqual(actual);
    many.pool.dispose();
    expect(backward(many)).toEqual(actual);
    many.pool.dispose();
  });

  it('report the failure of one, and work again afterwards', async () => {
    const kernels = await loadKernels({ threads: 2 });
    const { arena, pool } = kernels;
    // 16 bytes for each thread, but the memory ends after the first 16.
    const job = arena.take(64);
    arena.integers(job, 4).set([arena.memory.buffer.byteLength - 16, arena.take(64), 32, 16]);
    expect(() => pool.run(constants.JOB_SINE, job)).toThrow(KernelThreadError);
    expect(() => pool.run(constants.JOB_SINE, job)).toThrow('simd: thread 1 of 2 failed');
    expect(forward(kernels)[0]?.length).toBe(5_001);
    pool.dispose();
  });

  it('that have ended are replaced, and no job waits for them', async () => {
    const spawned = await watchWorkers();
    const kernels = await loadKernels({ threads: 3 });
    const expected = backward(kernels);
    const first = await spawned(2);
    // Terminating, but not known to have ended: the caller takes over their shares of the next job.
    const ends = first.map(worker => worker.terminate());
    expect(backward(kernels)).toEqual(expected);
    await Promise.all(ends);
    expect(backward(kernels)).toEqual(expected);
    expect((await spawned(4)).length).toBe(4);
    kernels.pool.dispose();
  });

  it('that end in the middle of their share are an error, and the next job starts others', async () => {
    const spawned = await watchWorkers();
    const { sin } = Math;
    let hostSine = sin;
    // The kernels call the host's sine for large arguments: that is where the caller's share ends the worker.
    Math.sin = x => hostSine(x);
    const kernels = await loadKernels({ threads: 2, timeoutMs: 300 });
    Math.sin = sin;
    const { arena, pool } = kernels;
    const half = 2 ** 20;
    const [x, y, job] = [arena.take(8 * half), arena.take(8 * half), arena.take(64)];
    arena.integers(job, 4).set([x, y, 8 * half, 4 * half]);
    arena.floats(x, 2 * half).fill(1);
    const expectSines = (): void =>
      expect(arena.floats(y, 2 * half).every(value => Math.abs(value - sin(1)) < 1e-6)).toBe(true);
    pool.run(constants.JOB_SINE, job);
    expectSines();
    const [worker] = await spawned(1);
    arena.floats(x, 4).fill(1e10);
    arena.floats(x + 4 * half, half).fill(1e10);
    arena.floats(y, 2 * half).fill(0);
    hostSine = value => {
      const begun = arena.integers(y + 4 * half, 1);
      while (Atomics.load(begun, 0) === 0);
      hostSine = sin;
      void worker?.terminate();
      return sin(value);
    };
    expect(() => pool.run(constants.JOB_SINE, job)).toThrow('simd: 1 of 2 threads timed out after 0.3 s');
    arena.floats(x, 2 * half).fill(1);
    pool.run(constants.JOB_SINE, job);
    expectSines();
    expect((await spawned(2)).length).toBe(2);
    pool.dispose();
  });

  it('do not keep a process alive', () => {
    const folder = mkdtempSync(join(tmpdir(), 'simd-threads-'));
    try {
      const file = join(folder, 'main.mjs');
      const binary = Buffer.from(chooseBuild().bytes).toString('base64');
      // A job on an empty vector, on a thread that is never terminated.
      writeFileSync(
        file,
        `import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
setFlagsFromString('--experimental-wasm-relaxed-simd');
const module = await WebAssembly.compile(Buffer.from('${binary}', 'base64'));
const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true });
const worker = new Worker(${JSON.stringify(`(${serve})(require('node:worker_threads').workerData);`)}, {
  eval: true, workerData: { module, memory, control: 131072, thread: 1, words: ${JSON.stringify(CONTROL)} } });
worker.unref();
const words = new Int32Array(memory.buffer, 131072, ${CONTROL.length});
words.set([0, 0, ${constants.JOB_SINE}, 140000, 2]);
Atomics.add(words, 0, 1);
Atomics.notify(words, 0);
while (Atomics.load(words, 1) === 0) Atomics.wait(words, 1, 0, 100);
console.log('done', words[5]);`,
      );
      const { stdout, status, signal } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 20_000 });
      expect({ stdout, status, signal }).toEqual({ stdout: 'done 0\n', status: 0, signal: null });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the build without relaxed SIMD', () => {
  it.each([0, 1] as const)('differs from the other only by rounding at order %i', async order => {
    const plain = await loadKernels({ threads: 1, build: { name: 'SIMD', bytes: decodeBinary(simdBinary) } });
    const best = await loadKernels({ threads: 1 });
    const program = { ...network, shape: { inFeatures: 2, order } };
    const few = coords.subarray(0, 2 * 37);
    const derivatives = [fixedValues(37, 4, 1), fixedValues(2 * 37, 6, 1)].slice(0, 1 + order);
    const [actual, expected] = [plain, best].map(kernels =>
      backward(kernels, { program, coords: few, upstream: derivatives }),
    ) as [Float32Array[], Float32Array[]];
    for (const [index, values] of expected.entries())
      expectCloseInNorm(actual[index] as Float32Array, values, { relative: 2e-5 });
  });
});

describe('memory', () => {
  it('that cannot be allocated is an error, after which the kernels still work', async () => {
    const kernels = await loadKernels({ threads: 1 });
    expect(() => kernels.arena.scope(() => kernels.arena.take(2 ** 33))).toThrow(KernelMemoryError);
    expect(forward(kernels)[0]?.length).toBe(5_001);
  });

  it('does not grow with the number of points', async () => {
    const kernels = await loadKernels({ threads: 1 });
    const sizeAfter = (n: number): number => {
      backward(kernels, { coords: fixedValues(2 * n, 1, 1), upstream: [fixedValues(n, 2, 1)] });
      return kernels.arena.memory.buffer.byteLength;
    };
    expect(sizeAfter(200_000)).toBe(sizeAfter(16_384));
  });
});
