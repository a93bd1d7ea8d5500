import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import { defaultChunkSize } from '../../src/fit/objective.ts';
import { createField, parseSpec, pointwiseLoss, term } from '../../src/index.ts';
import { grid, type LayerDefinition } from '../../src/layers.ts';

beforeAll(() => setBackend('cpu'));

/** A table of 1024 x 1024 vertices. */
const table: LayerDefinition = {
  kind: 'table',
  apply(input, { parameter }) {
    const rows = 2 ** 20;
    const values = parameter('table', {
      shape: [rows, 2],
      group: 'table',
      initialise: () => new Float32Array(2 * rows),
    });
    return grid(input, values, [{ resolution: 1023, firstRow: 0, rows, hashed: false }]);
  },
};
const dense = {
  kind: 'dense',
  outFeatures: 2,
  activation: { kind: 'identity' },
  weightInitialiser: { kind: 'xavier-normal' },
  biasInitialiser: { kind: 'pytorch-linear' },
};

it.each([
  { name: 'without tables', layer: dense, expected: 65_536 },
  // 2^21 values; a chunk has a sixteenth as many points.
  { name: 'with a large table', layer: { kind: 'table' }, expected: 2 ** 17 },
])('a chunk of a field $name has $expected points', ({ layer, expected }) => {
  const extensions = { layers: [table] };
  const field = createField(parseSpec({ inFeatures: 2, layers: [layer] }, extensions), { seed: 1, extensions });
  const points = { inFeatures: 2, pointsPerStep: 1, fixed: true, draw: () => ({ coords: new Float32Array(2) }) };
  const loss = pointwiseLoss({ errors: [{ of: 'value' }], penalty: squared });
  expect(defaultChunkSize(field, [term({ points, loss })])).toBe(expected);
  field.dispose();
});
