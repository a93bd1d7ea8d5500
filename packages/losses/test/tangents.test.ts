/**
 * @file The derivatives of losses along a direction of the jet, which Hessian-vector products use, compared with finite
 *   differences and with the losses' gradients.
 */
import type { DerivativeRequest, Jet, PointLoss, TensorBatch } from '@neural-fields/core';
import { createRng } from '@neural-fields/core';
import { charbonnierPenalty } from '@neural-fields/core/elementwise';
import { expectCloseInNorm } from '@neural-fields/testing';
import '@tensorflow/tfjs-backend-cpu';
import {
  add,
  engine,
  mean,
  mul,
  scalar,
  setBackend,
  sub,
  type Tensor,
  type Tensor2D,
  tensor,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  divergencePenalty,
  eikonal,
  eikonalSdf,
  frobeniusHessian,
  normalAlignment,
  offSurface,
  pdeResidual,
  totalVariation,
  wave,
  waveStart,
} from '../src/index.ts';

const [N, D, O] = [7, 2, 3];
const penalty = charbonnierPenalty(0.4);

type AnyLoss = PointLoss<DerivativeRequest>;
/** The parts of a jet by name. */
type Parts = Readonly<Record<string, Tensor>>;

const equation = wave({ spaceDimensions: 1, penalty, squaredSlowness: 'weight' });

const losses: Readonly<Record<string, AnyLoss>> = {
  eikonal: eikonal({ penalty }) as AnyLoss,
  'eikonal, absolute': eikonal() as AnyLoss,
  offSurface: offSurface({ sharpness: 2 }),
  normalAlignment: normalAlignment() as AnyLoss,
  'normalAlignment, either way': normalAlignment({ oriented: false }) as AnyLoss,
  divergencePenalty: divergencePenalty({ penalty, min: 0.1, max: 0.9 }) as AnyLoss,
  eikonalSdf: eikonalSdf({ sharpness: 2 }) as AnyLoss,
  'eikonalSdf without normals': eikonalSdf({ sharpness: 2, normal: null }) as AnyLoss,
  binaryCrossEntropy: binaryCrossEntropy({ scale: 1.5, weight: 'weight' }),
  frobeniusHessian: frobeniusHessian() as AnyLoss,
  'frobeniusHessian of all channels': frobeniusHessian({ channels: 'joint' }) as AnyLoss,
  'totalVariation of the sum of the channels': totalVariation({ channels: 'summed' }) as AnyLoss,
  wave: equation as object as AnyLoss,
  waveStart: waveStart({ penalty, velocity: 'occupancy', target: 'occupancy', velocityWeight: 2 }) as AnyLoss,
  pdeResidual: pdeResidual<{ readonly laplacian: true }>(({ value, laplacian }) => sub(laplacian, mul(value, value)), {
    residualTangent: ({ value }, shifted) => sub(shifted.laplacian, mul(mul(value, 2), shifted.value)),
  }) as AnyLoss,
};

const random = (seed: number) => {
  const rng = createRng(seed);
  return (shape: readonly number[], make: (x: number) => number = x => x): Tensor =>
    tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => make(rng.normal())),
      [...shape],
    );
};

const partsOf = (seed: number): Parts => {
  const make = random(seed);
  return {
    value: make([N, O]),
    // Away from 0, where the direction of a gradient changes fast.
    gradient: make([N, D, O], x => x + 2 * Math.sign(x)),
    laplacian: make([N, O]),
    hessian: make([N, D, D, O]),
    tt: make([N, O]),
    xx: make([N, O]),
  };
};

const jetOf = ({ tt, xx, ...parts }: Parts): Jet<DerivativeRequest> =>
  ({ ...parts, second: [tt, xx] }) as object as Jet<DerivativeRequest>;

const batch = (): TensorBatch => {
  const make = random(9);
  return {
    coords: make([N, D]) as Tensor2D,
    targets: {
      surface: make([N, 1], x => Number(x > 0)) as Tensor2D,
      normal: make([N, D]) as Tensor2D,
      occupancy: make([N, O], x => 1 / (1 + Math.exp(-x))) as Tensor2D,
      weight: make([N, 1], x => 0.5 + Math.abs(x)) as Tensor2D,
    },
  };
};

/** The gradient of the mean with respect to every part. */
const gradients = (f: (parts: Parts) => Tensor, parts: Parts): Tensor[] => {
  const list = Object.values(parts);
  return engine()
    .gradients(() => mean(f(parts)), list, scalar(1), true)
    .grads.map((part: Tensor | null, index) => part ?? zerosLike(list[index] as Tensor));
};

const flat = (tensors: readonly Tensor[]): number[] => tensors.flatMap(part => [...part.dataSync()]);

const shifted = (parts: Parts, along: Parts, step: number): Parts =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, add(part, mul(along[name] as Tensor, step))]));

const STEP = 3e-3;

describe.each(Object.entries(losses))('the tangent of %s', (_name, loss) => {
  beforeAll(async () => {
    await setBackend('cpu');
  });

  const setup = () => {
    const points = batch();
    const of = (parts: Parts): Tensor => loss(jetOf(parts), points);
    const tangent = (parts: Parts, along: Parts): Tensor =>
      (loss.tangent as NonNullable<AnyLoss['tangent']>)(jetOf(parts), jetOf(along), points);
    return { of, tangent, jet: partsOf(1), along: partsOf(2) };
  };

  it('agrees with finite differences of the loss, in its shape', () => {
    const { of, tangent, jet, along } = setup();
    const difference = mul(sub(of(shifted(jet, along, STEP)), of(shifted(jet, along, -STEP))), 1 / (2 * STEP));
    const got = tangent(jet, along);
    expect(got.shape).toEqual(of(jet).shape);
    expectCloseInNorm(got.dataSync(), difference.dataSync(), { relative: 2e-3 });
  });

  it('has the right gradients with respect to the direction and the jet', () => {
    const { of, tangent, jet, along } = setup();
    const gradient = flat(gradients(of, jet));
    expectCloseInNorm(
      flat(gradients(direction => tangent(jet, direction), along)),
      gradient,
      { relative: 1e-5 },
      'with respect to the direction',
    );
    const [above, below] = [1, -1].map(side => flat(gradients(of, shifted(jet, along, side * STEP)))) as [
      number[],
      number[],
    ];
    const difference = above.map((x, i) => (x - (below[i] as number)) / (2 * STEP));
    const scale = { relative: 5e-3, absolute: 1e-4 };
    expectCloseInNorm(flat(gradients(at => tangent(at, along), jet)), difference, scale, 'with respect to the jet');
  });
});
