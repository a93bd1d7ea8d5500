import { expectCloseInNorm } from '@neural-fields/testing';
import {
  conv2d,
  engine,
  fused,
  grads,
  mul,
  ready,
  setBackend,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tensor4d,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SimdBackend } from '../../src/index.ts';
import { expectSameAsCpu, inputsOf, normalValues, SUM_ROUNDOFF, sizeOf } from './compare-with-cpu.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

type Shape4 = [number, number, number, number];
type Padding = 'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]];

interface Convolution {
  readonly images: Shape4;
  readonly filter: Shape4;
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly padding: Padding;
}

/** The padding before the image, and the number of windows, along one axis. */
const windowsAlong = (
  { images, filter, strides, dilations, padding }: Convolution,
  axis: 0 | 1,
): [before: number, count: number] => {
  const size = images[1 + axis] as number;
  const stride = strides[axis];
  const extent = ((filter[axis] as number) - 1) * dilations[axis] + 1;
  if (padding === 'same') {
    const count = Math.ceil(size / stride);
    return [Math.floor(Math.max(0, (count - 1) * stride + extent - size) / 2), count];
  }
  const pads = padding === 'valid' ? [0, 0] : typeof padding === 'number' ? [padding, padding] : padding[1 + axis];
  const [before, after] = pads as [number, number];
  return [before, Math.floor((before + size + after - extent) / stride) + 1];
};

/** Calls `visit` with the row-major indices into images, filter and output for every product of a convolution. */
const forEachProduct = (
  convolution: Convolution,
  visit: (image: number, filter: number, output: number) => void,
): Shape4 => {
  const { images, filter, strides, dilations } = convolution;
  const [batch, height, width, inChannels] = images;
  const [filterHeight, filterWidth, , outChannels] = filter;
  const [[top, outHeight], [left, outWidth]] = [windowsAlong(convolution, 0), windowsAlong(convolution, 1)];
  for (let b = 0; b < batch; b++)
    for (let oy = 0; oy < outHeight; oy++)
      for (let ox = 0; ox < outWidth; ox++)
        for (let fy = 0; fy < filterHeight; fy++)
          for (let fx = 0; fx < filterWidth; fx++) {
            const [y, x] = [oy * strides[0] + fy * dilations[0] - top, ox * strides[1] + fx * dilations[1] - left];
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            for (let i = 0; i < inChannels; i++)
              for (let o = 0; o < outChannels; o++)
                visit(
                  ((b * height + y) * width + x) * inChannels + i,
                  ((fy * filterWidth + fx) * inChannels + i) * outChannels + o,
                  ((b * outHeight + oy) * outWidth + ox) * outChannels + o,
                );
          }
  return [batch, outHeight, outWidth, outChannels];
};

const outputShape = (convolution: Convolution): Shape4 => {
  const { images, filter } = convolution;
  return [images[0], windowsAlong(convolution, 0)[1], windowsAlong(convolution, 1)[1], filter[3]];
};

/** The convolution in float64, and the derivatives of the sum of its elements times `weights`. */
const oracle = (convolution: Convolution, images: Float32Array, filter: Float32Array, weights: Float32Array) => {
  const value = new Float64Array(weights.length);
  const [byImages, byFilter] = [new Float64Array(images.length), new Float64Array(filter.length)];
  forEachProduct(convolution, (i, f, o) => {
    const [x, w, g] = [images[i] as number, filter[f] as number, weights[o] as number];
    value[o] = (value[o] as number) + x * w;
    byImages[i] = (byImages[i] as number) + w * g;
    byFilter[f] = (byFilter[f] as number) + x * g;
  });
  return { value, byImages, byFilter };
};

const apply = ({ strides, dilations, padding }: Convolution, x: Tensor, filter: Tensor): Tensor4D =>
  conv2d(x as Tensor4D, filter as Tensor4D, strides, padding, 'NHWC', dilations);

const expectSameAsOracle = async (convolution: Convolution): Promise<void> => {
  const { images, filter, dilations } = convolution;
  const shape = outputShape(convolution);
  const [x, w, g] = [normalValues(sizeOf(images), 1), normalValues(sizeOf(filter), 2), normalValues(sizeOf(shape), 3)];
  const expected = oracle(convolution, x, w, g);
  engine().startScope();
  const [xs, ws, gs] = [tensor4d(x.slice(), images), tensor4d(w.slice(), filter), tensor4d(g.slice(), shape)];
  const value = apply(convolution, xs, ws);
  expect(value.shape).toEqual(shape);
  expectCloseInNorm(await value.data(), expected.value, { relative: SUM_ROUNDOFF });
  // tfjs does not implement the gradients of dilated convolutions.
  if (dilations[0] === 1 && dilations[1] === 1) {
    const [byImages, byFilter] = grads((a, b) => mul(apply(convolution, a as Tensor, b as Tensor), gs))([xs, ws]) as [
      Tensor,
      Tensor,
    ];
    expectCloseInNorm(await byImages.data(), expected.byImages, { relative: SUM_ROUNDOFF });
    expectCloseInNorm(await byFilter.data(), expected.byFilter, { relative: SUM_ROUNDOFF });
  }
  engine().endScope();
};

const small = (max: number) => fc.integer({ min: 1, max });
const pair = (max: number) => fc.tuple(small(max), small(max));
const paddings: fc.Arbitrary<Padding> = fc.oneof(
  fc.constantFrom('same' as const, 'valid' as const),
  fc.nat(2),
  fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)).map(
    ([a, b, c, d]): Padding => [
      [0, 0],
      [a, b],
      [c, d],
      [0, 0],
    ],
  ),
);

const isUniform = ({ strides, dilations }: Pick<Convolution, 'strides' | 'dilations'>): boolean =>
  strides[0] === strides[1] && dilations[0] === 1 && dilations[1] === 1;

const convolutions: fc.Arbitrary<Convolution> = fc
  .record({
    batch: small(3),
    size: pair(9),
    filterSize: pair(4),
    inChannels: small(6),
    outChannels: small(10),
    steps: fc.oneof(
      pair(3).map(strides => ({ strides, dilations: [1, 1] as [number, number] })),
      pair(3).map(dilations => ({ strides: [1, 1] as [number, number], dilations })),
    ),
    padding: paddings,
  })
  .map(({ batch, size, filterSize, inChannels, outChannels, steps, padding }) => ({
    images: [batch, ...size, inChannels] as Shape4,
    filter: [...filterSize, inChannels, outChannels] as Shape4,
    ...steps,
    // With a numeric padding tfjs uses the filter's height as its width too, and ignores the dilation.
    padding: typeof padding === 'number' && !(filterSize[0] === filterSize[1] && isUniform(steps)) ? 'same' : padding,
  }))
  .filter(convolution => outputShape(convolution).every(length => length > 0));

describe('conv2d', () => {
  it('and its gradients agree with the definition in float64, for any sizes', () =>
    fc.assert(fc.asyncProperty(convolutions, expectSameAsOracle), { numRuns: 60, seed: 20261121 }));

  it.each([
    { name: 'pixels', images: [2, 40, 37, 3], filter: [3, 3, 3, 4] },
    { name: 'taps', images: [1, 4, 5, 130], filter: [3, 3, 130, 5] },
    { name: 'channels', images: [1, 2, 2, 3], filter: [1, 1, 3, 2100] },
    { name: 'windows and channels', images: [1, 3, 3, 150], filter: [4, 4, 150, 3] },
  ])('agrees with more than a block of $name', ({ images, filter }) =>
    expectSameAsOracle({
      images: images as Shape4,
      filter: filter as Shape4,
      strides: [1, 1],
      dilations: [1, 1],
      padding: 'same',
    }),
  );

  it('agrees with the cpu backend, also in the layout NCHW', async () => {
    await expectSameAsCpu(
      inputsOf([2, 7, 6, 3], [3, 2, 3, 5]),
      (x, w) => conv2d(x as Tensor4D, w as Tensor4D, [2, 1], 'same'),
      SUM_ROUNDOFF,
    );
    await expectSameAsCpu(
      inputsOf([2, 3, 7, 6], [3, 2, 3, 5]),
      (x, w) => conv2d(x as Tensor4D, w as Tensor4D, [2, 1], 'valid', 'NCHW'),
      SUM_ROUNDOFF,
    );
  });

  it.each(['linear', 'relu', 'elu'] as const)('agrees when fused with a bias and %s', activation =>
    expectSameAsCpu(
      inputsOf([2, 7, 6, 3], [3, 2, 3, 5], [5]),
      (x, filter, bias) =>
        fused.conv2d({
          x: x as Tensor4D,
          filter: filter as Tensor4D,
          bias: bias as Tensor1D,
          strides: 1,
          pad: 'same',
          activation,
        }),
      SUM_ROUNDOFF,
    ),
  );

  it('needs no more memory for larger images, and is deterministic', async () => {
    const { arena } = (engine().backend as SimdBackend).kernels;
    const filter = tensor4d(normalValues(9 * 16 * 16, 1), [3, 3, 16, 16]);
    const run = (size: number): Float32Array => {
      const images = tensor4d(normalValues(size * size * 16, 2), [1, size, size, 16]);
      return grads((a, b) =>
        apply({ strides: [1, 1], dilations: [1, 1], padding: 'same' } as Convolution, a as Tensor, b as Tensor),
      )([images, filter])[1]?.dataSync() as Float32Array;
    };
    engine().startScope();
    const first = run(40);
    const bytes = arena.memory.buffer.byteLength;
    run(120);
    expect(arena.memory.buffer.byteLength).toBe(bytes);
    expect(run(40)).toEqual(first);
    engine().endScope();
  });
});
