/**
 * @file The losses on distances where their formulas are not differentiable or would overflow, and the conversions
 *   between distances.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
// The core registers tfjs's gradients.
import '@neural-fields/core';
import { expectClose } from '@neural-fields/testing';
import {
  engine,
  ready,
  scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
  tensor3d,
  zeros,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  divergencePenalty,
  eikonal,
  eikonalSdf,
  normalAlignment,
  occupancyToSdf,
  offSurface,
  onSurface,
  sdfToOccupancy,
  sdfToSoftOccupancy,
  sdfToTsdf,
  truncatedDistance,
  tsdfToSdf,
} from '../src/index.ts';
import { jetOf, tensorJet } from './oracle.ts';

const gradientAt = async (f: (x: Tensor) => Tensor, x: Tensor): Promise<number[]> => {
  const { grads } = engine().gradients(() => sum(f(x)), [x], scalar(1), false);
  return [...(await (grads[0] as Tensor).data())];
};

describe.each(['cpu', 'wasm'])('losses on distances on %s', backend => {
  beforeAll(async () => {
    await setBackend(backend);
    await ready();
  });

  it('vanish for the signed distance of a ball, on and off the surface', async () => {
    const points = [
      [0.6, 0, 0],
      [0, -0.36, 0.48],
      [0.9, 0.2, -0.7],
      [0.1, 0.2, 0.1],
    ];
    const jets = points.map(point =>
      jetOf((t, x) => [t.sub(t.sqrt(x.map(c => t.mul(c, c)).reduce(t.add)), t.constant(0.6))], point),
    );
    const normal = tensor2d(points.map(point => point.map(c => 2 * c)));
    const batch = { coords: tensor2d(points), targets: { surface: tensor2d([[1], [1], [0], [0]]), normal } };
    const losses = await eikonalSdf()(tensorJet(jets, { gradient: true }), batch).data();
    // 3000 times the rounding error of the distance, and 100 times that of a cosine.
    expectClose(losses, [0, 0, 0, 0], { absolute: 1e-3 });
    const inward = {
      ...batch,
      targets: { ...batch.targets, normal: tensor2d(points.map(point => point.map(c => -c))) },
    };
    expectClose(await eikonalSdf()(tensorJet(jets, { gradient: true }), inward).data(), [200, 200, 0, 0], {
      absolute: 1e-3,
    });
    expectClose(
      await eikonalSdf({ oriented: false })(tensorJet(jets, { gradient: true }), inward).data(),
      [0, 0, 0, 0],
      {
        absolute: 1e-3,
      },
    );
  });

  it('equal the weighted sum of the individual losses', async () => {
    const value = tensor2d([[0.1], [-0.02], [0.01]]);
    const gradient = tensor3d([
      [[1], [2], [3]],
      [[-1], [0.5], [0]],
      [[0.1], [0], [0]],
    ]);
    const targets = {
      surface: tensor2d([[1], [0], [1]]),
      normal: tensor2d([
        [0, 0, 1],
        [0, 0, 0],
        [1, 0, 0],
      ]),
    };
    const batch = { coords: zeros([3, 3]) as Tensor2D, targets };
    const jet = { value, gradient };
    const parts = await Promise.all(
      [onSurface(), normalAlignment(), offSurface(), eikonal()].map(async loss => [...(await loss(jet, batch).data())]),
    );
    const weights = [3000, 100, 100, 50];
    const expected = [0, 1, 2].map(i =>
      parts.reduce((all, part, j) => all + (weights[j] as number) * (part[i] as number), 0),
    );
    expectClose(await eikonalSdf()(jet, batch).data(), expected, { relative: 1e-6 });
  });

  it('are finite with finite gradients where a field is constant, very large or exactly 0', async () => {
    const targets = { surface: tensor2d([[1], [0]]), normal: tensor2d([0, 0, 1, 0, 0, 0], [2, 3]) };
    const batch = { coords: zeros([2, 3]) as Tensor2D, targets };
    const flat = zeros([2, 3, 1]) as Tensor3D;
    const value = tensor2d([[0], [1e30]]);
    const loss = eikonalSdf();
    // The length of a zero vector is clamped to 1e-6.
    expectClose(await loss({ value, gradient: flat }, batch).data(), [150, 50], { relative: 1.1e-6 });
    expect(await gradientAt(x => loss({ value, gradient: x as Tensor3D }, batch), flat)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await gradientAt(x => loss({ value: x as Tensor2D, gradient: flat }, batch), value)).toEqual([0, 0]);
    const tiny = tensor3d([0, 0, 1e-25, 1e-30, 0, 0], [2, 3, 1]);
    expect((await gradientAt(x => loss({ value, gradient: x as Tensor3D }, batch), tiny)).every(Number.isFinite)).toBe(
      true,
    );
    // A normal of length 0 contributes no gradient.
    const without = { ...batch, targets: { ...targets, normal: zeros([2, 3]) as Tensor2D } };
    const steep = tensor3d([1, 2, 2, 0, 0, 1], [2, 3, 1]);
    const pulls = await gradientAt(x => normalAlignment()({ value, gradient: x as Tensor3D }, without), steep);
    expect(pulls.map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('binary cross-entropy has the right value and derivative for logits of any size', async () => {
    const value = tensor2d([[-1e4], [-30], [0], [30], [1e4]]);
    const occupancy = tensor2d([[1], [0], [0.5], [1], [0]]);
    const batch = { coords: value, targets: { occupancy } };
    const losses = await binaryCrossEntropy()({ value }, batch).data();
    expectClose(losses, [1e4, Math.exp(-30), Math.log(2), Math.exp(-30), 1e4], { relative: 1e-6, absolute: 1e-6 });
    const derivatives = await gradientAt(x => binaryCrossEntropy()({ value: x as Tensor2D }, batch), value);
    expectClose(derivatives, [-1, 0, 0, 0, 1], { absolute: 1e-6 });
  });
});

it('losses on distances reject wrong targets and options', () => {
  const batch = { coords: tensor2d([[0, 0, 0]]), targets: { surface: tensor2d([[1, 1]]) } };
  const jet = { value: tensor2d([[0]]), gradient: zeros([1, 3, 1]) as Tensor3D };
  expect(() => onSurface()(jet, batch)).toThrow(
    "onSurface: target 'surface' must be [n, 1] with 1 on the surface and 0 off it, got [n, 2]",
  );
  expect(() => eikonalSdf()(jet, batch)).toThrow(
    "eikonalSdf: the points have no target 'normal'; their targets: surface",
  );
  expect(() => eikonalSdf({ normalWeight: -1 })).toThrow('eikonalSdf: normalWeight must be a number >= 0, got -1');
  expect(() => offSurface({ sharpness: 0 })).toThrow('offSurface: sharpness must be a positive number, got 0');
  expect(() => divergencePenalty({ min: 2, max: 1 })).toThrow('divergencePenalty: max must be a number above 2, got 1');
  expect(() => truncatedDistance({ truncation: 0 })).toThrow(
    'truncatedDistance: truncation must be a positive number, got 0',
  );
  expect(() => binaryCrossEntropy({ scale: Number.NaN })).toThrow(
    'binaryCrossEntropy: scale must be a finite number, got NaN',
  );
});

describe('conversions of distances', () => {
  it('follow their definitions', () => {
    expect([...sdfToTsdf([-3, -0.25, 0, 0.25, 3], 0.5)]).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect([...tsdfToSdf([-1, -0.5, 0, 0.5, 1], 0.5)]).toEqual([-0.5, -0.25, 0, 0.25, 0.5]);
    expect([...sdfToOccupancy([-3, -0.25, 0, 0.25, 3])]).toEqual([1, 1, 1, 0, 0]);
    expect([...sdfToSoftOccupancy([0, -1e6, 1e6], 0.1)]).toEqual([0.5, 1, 0]);
    expect([...occupancyToSdf([0, 0.5, 1], 0.1)]).toEqual([Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY]);
    expect([...sdfToTsdf([], 1), ...sdfToOccupancy([])]).toEqual([]);
  });

  it('agree with each other', () => {
    const distances = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(distances, fc.double({ min: 0.05, max: 2, noNaN: true }), (sdf, truncation) => {
        const tsdf = sdfToTsdf(sdf, truncation);
        const inside = sdf.map(d => Math.max(-truncation, Math.min(truncation, d)));
        expectClose(tsdfToSdf(tsdf, truncation), inside, { relative: 1e-6, absolute: 1e-37 });
        // A distance below the smallest float32 becomes 0, which is inside.
        const wide = sdf.filter(d => Math.abs(d) > 1e-30);
        expect([...sdfToOccupancy(sdfToTsdf(wide, truncation))]).toEqual([...sdfToOccupancy(wide)]);
        const width = truncation / 4;
        const near = sdf.filter(d => Math.abs(d) < 5 * width);
        // Near 1 a float32 occupancy has an error of 3e-8, which the logit scales by 1 / (y (1 - y)).
        expectClose(occupancyToSdf(sdfToSoftOccupancy(near, width), width), near, { absolute: width * 1e-5 });
      }),
    );
  });

  it('reject options and occupancies outside their range', () => {
    expect(() => sdfToTsdf([0], 0)).toThrow('sdfToTsdf: truncation must be a positive number, got 0');
    expect(() => tsdfToSdf([0], -1)).toThrow('tsdfToSdf: truncation must be a positive number, got -1');
    expect(() => sdfToSoftOccupancy([0], Number.NaN)).toThrow(
      'sdfToSoftOccupancy: width must be a positive number, got NaN',
    );
    expect(() => occupancyToSdf([1.5], 1)).toThrow('occupancyToSdf: occupancies must be in [0, 1], got 1.5');
  });
});
