import '@tensorflow/tfjs-backend-cpu';
import { type CheckpointStore, createField, fit, mlp, siren, term } from '@neural-fields/core';
import { decodeFieldData } from '@neural-fields/core/files';
import { constantFeatures, type LayerDefinition, sum } from '@neural-fields/core/layers';
import { square, sub } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

test("a checkpoint contains the caller's metadata beside the run, and can be resumed with other metadata", async () => {
  let kept: Uint8Array | undefined;
  const store: CheckpointStore = {
    read: async () => kept,
    write: async bytes => {
      kept = bytes;
    },
  };
  const field = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1 }), { seed: 1 });
  const points = {
    inFeatures: 1,
    pointsPerStep: 2,
    fixed: true,
    draw: () => ({ coords: new Float32Array([-0.5, 0.5]) }),
  };
  const terms = [term({ points, loss: ({ value }) => square(value) })];
  const run = async (steps: number, title: string): Promise<void> => {
    for await (const _ of fit(field, terms, { steps, checkpoint: { store, metadata: { title } } }));
  };
  await run(2, 'a cat');
  const { metadata } = decodeFieldData(kept as Uint8Array);
  expect(metadata['title']).toBe('a cat');
  expect(JSON.parse(metadata['fit'] as string)).toMatchObject({ step: 2 });
  await run(3, 'a dog');
  expect(decodeFieldData(kept as Uint8Array).metadata['title']).toBe('a dog');
  field.dispose();
});

test('a field with a custom layer is saved and resumed', async () => {
  const shift: LayerDefinition = {
    kind: 'shift',
    apply(input, { parameter }) {
      const shape = [input.features];
      const offset = parameter('offset', { shape, initialise: () => new Float32Array(input.features) });
      return sum([input, constantFeatures(input, offset)]);
    },
  };
  const extensions = { layers: [shift] };
  const size = { inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1 };
  const spec = mlp({ ...size, activation: { kind: 'tanh' }, encoding: { kind: 'shift' }, extensions });
  let kept: Uint8Array | undefined;
  const store: CheckpointStore = {
    read: async () => kept,
    write: async bytes => {
      kept = bytes;
    },
  };
  const points = {
    inFeatures: 1,
    pointsPerStep: 2,
    fixed: true,
    draw: () => ({ coords: new Float32Array([-0.5, 0.5]) }),
  };
  const terms = [term({ points, loss: ({ value }) => square(sub(value, 1)) })];
  const reports: number[] = [];
  for (const steps of [2, 4]) {
    const field = createField(spec, { seed: 1, extensions });
    for await (const { step } of fit(field, terms, { steps, checkpoint: { store } })) reports.push(step);
    field.dispose();
  }
  expect(reports).toEqual([1, 2, 3, 4]);
  expect(decodeFieldData(kept as Uint8Array, extensions).parameters.get('layers.0.offset')?.data[0]).not.toBe(0);
});
