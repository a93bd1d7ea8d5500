/**
 * @file What the bits of results depend on: the number of threads and the instruction set, which checkpoints name, and
 * nothing else.
 */
import { availableParallelism } from 'node:os';
import {
  type CheckpointStore,
  createField,
  decodeCheckpoint,
  type FitOptions,
  fit,
  type PointSource,
  pointwiseLoss,
  siren,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { expectCloseInNorm } from '@neural-fields/testing';
import { describe, expect, it } from 'vitest';
import { createNativeBackend, type NativeOptions, nativeInstructionSets } from '../src/index.ts';
import { useNative, withNative } from './native-backend.ts';

const points: PointSource = {
  inFeatures: 2,
  pointsPerStep: 1500,
  fixed: false,
  draw: (_start, count, rng) => ({
    coords: Float32Array.from({ length: 2 * count }, () => 2 * rng.uniform() - 1),
    targets: { value: Float32Array.from({ length: count }, () => rng.normal()) },
  }),
};
const loss = pointwiseLoss({
  errors: [
    { of: 'value', target: 'value' },
    { of: 'laplacian', factor: 1e-3 },
  ],
  penalty: squared,
});
const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 48, hiddenLayers: 2, omega0: 10 });

/** Every parameter after some steps. The backend is a new one, as on another machine. */
const learn = async (backend: NativeOptions, options: FitOptions): Promise<number[]> => {
  await useNative(backend);
  const field = createField(spec, { seed: 7 });
  for await (const _ of fit(field, [term({ points, derivatives: { laplacian: true }, loss })], options));
  const values = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
  return values.flatMap(part => [...part]);
};

const storeOf = (start?: Uint8Array): CheckpointStore & { kept: Uint8Array | undefined } => ({
  kept: start,
  async read() {
    return this.kept;
  },
  async write(bytes) {
    this.kept = bytes;
  },
});

withNative(() => {
  const [best = ''] = nativeInstructionSets;
  const steps = 6;

  describe.each(nativeInstructionSets)('with %s', instructionSet => {
    it.each([1, 2, 3, 7])('the same work on %i threads gives the same bits each time', async threads => {
      const first = await learn({ threads, instructionSet }, { steps });
      expect(first.every(Number.isFinite)).toBe(true);
      expect(await learn({ threads, instructionSet }, { steps })).toEqual(first);
    });
  });

  it('a run goes on to the same bits where it was, and elsewhere to rounding, which it says', async () => {
    const two = await learn({ threads: 2 }, { steps });
    const half = storeOf();
    await learn({ threads: 2 }, { steps: 3, checkpoint: { store: half } });
    expect(decodeCheckpoint(half.kept as Uint8Array).environment).toMatchObject({
      backend: 'native',
      threads: '2',
      instructions: best,
    });
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    const resume = (backend: NativeOptions): Promise<number[]> =>
      learn(backend, { steps, checkpoint: { store: storeOf(half.kept), onWarning } });
    expect(await resume({ threads: 2 })).toEqual(two);
    expect(warnings).toEqual([]);
    for (const instructionSet of nativeInstructionSets.slice(1)) {
      warnings.length = 0;
      const elsewhere = await resume({ threads: 2, instructionSet });
      expect(warnings).toEqual([
        `the checkpoint was written in another environment (instructions ${best}, now ${instructionSet}): the results will differ by rounding from those of an uninterrupted run`,
      ]);
      // Six steps of sums of 1,500 terms in another order.
      expectCloseInNorm(elsewhere, two, { relative: 1e-4 });
    }
  });

  it('takes the best instructions and as many threads as the machine runs, or what it is told', async () => {
    const own = await createNativeBackend();
    expect(own.instructionSet).toBe(best);
    expect(own.threads).toBe(Math.min(64, availableParallelism()));
    own.dispose();
    await expect(createNativeBackend({ threads: 0 })).rejects.toThrow(
      'native: threads must be an integer from 1 to 64, got 0',
    );
    await expect(createNativeBackend({ threads: 65 })).rejects.toThrow(RangeError);
    await expect(createNativeBackend({ precision: 'low' as 'high' })).rejects.toThrow(
      "native: precision must be 'float32' or 'high', got low",
    );
    const high = await createNativeBackend({ precision: 'high' });
    const hasTiles = nativeInstructionSets.includes('AMX');
    expect([high.instructionSet, high.precision]).toEqual(hasTiles ? ['AMX', 'high'] : [best, 'float32']);
    high.dispose();
    await expect(createNativeBackend({ instructionSet: 'MMX' })).rejects.toThrow(
      `native: instructionSet must be one of ${nativeInstructionSets.join(', ')}, got MMX`,
    );
  });
});
