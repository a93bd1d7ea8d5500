/**
 * @file Networks, points and losses at random, on `native` and on the composed `cpu`: jets, gradients and steps of a
 *   fit, of one field or of many, in much memory or little, with threads that end in the middle.
 */
import {
  adam,
  createField,
  createRng,
  type DerivativeRequest,
  evaluateJet,
  type Field,
  type FieldSpec,
  fit,
  type PointLoss,
  type PointSource,
  type PointwiseError,
  type PointwiseLoss,
  pointwiseLoss,
  type Rng,
  term,
} from '@neural-fields/core';
import { absolute, charbonnierPenalty, huberPenalty, type Penalty, squared } from '@neural-fields/core/elementwise';
import {
  type BatchNetwork,
  batchEvaluationOf,
  batchNetworkOf,
  networkOf,
  networkParameters,
} from '@neural-fields/core/kernels';
import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import {
  add,
  engine,
  matMul,
  mul,
  type Rank,
  ready,
  reshape,
  scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor2D,
  tensor,
  tensor1d,
  tensor2d,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../../src/backend.ts';
import { addon, useFuzzBackend } from './fuzz-backend.ts';
import { extensions, pick, randomNetwork } from './random-network.ts';

/** What two backends may differ by, relative to the largest number: chains of sums in another order, of any depth. */
const RELATIVE = 5e-3;

/** Networks that grow faster than this lose all digits in float32. */
const LARGEST = 1e5;

type Numbers = Readonly<Record<string, Float32Array>>;

/** A number that depends on all bytes, and on nothing else. */
export const hashOf = (bytes: Uint8Array): number =>
  bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);

const uniforms = (rng: Rng, length: number): Float32Array => Float32Array.from({ length }, () => 2 * rng.uniform() - 1);

/** A fixed linear function of tensors. */
const weigh = (parts: readonly Tensor[]): Tensor =>
  parts
    .map(part => {
      const weights = Float32Array.from({ length: part.size }, (_, i) => Math.sin(1 + 1.7 * i));
      return sum(mul(part, tensor(weights, part.shape)));
    })
    .reduce((a, b) => add(a, b));

/** Zeros with respect to what a function does not depend on. */
const gradientsOf = (work: () => Tensor, inputs: readonly Tensor[]): Tensor[] => {
  const { grads } = engine().gradients(() => work() as never, [...inputs], scalar(1), true);
  return inputs.map((input, index) => (grads[index] as Tensor | null) ?? zerosLike(input));
};

const read = async (tensors: readonly Tensor[]): Promise<Numbers> =>
  Object.fromEntries(
    await Promise.all(tensors.map(async (one, index) => [index, (await one.data<'float32'>()).slice()] as const)),
  );

const inScope = async (work: () => Promise<Numbers>): Promise<Numbers> => {
  engine().startScope();
  try {
    return await work();
  } finally {
    engine().endScope();
  }
};

/** What is computed on both backends; `interrupt` ends the threads between two jobs. */
type Work = (interrupt: () => void, shift: number) => Promise<Numbers>;

const REQUESTS: readonly DerivativeRequest[] = [
  {},
  { gradient: true },
  { laplacian: true },
  { gradient: true, laplacian: true },
  { gradient: true, hessian: true },
];
const POINTS = [0, 1, 2, 3, 4, 5, 15, 16, 17, 33, 64, 127, 129] as const;

/** The jet of one field, and the gradients of a function of it. */
const jetWork = (rng: Rng, spec: FieldSpec): Work => {
  const request = pick(rng, REQUESTS);
  const points = pick(rng, POINTS);
  const seed = rng.integer(2 ** 32);
  return (interrupt, shift) =>
    inScope(async () => {
      const field = createField(spec, { seed: 3, extensions });
      const own = createRng(seed);
      const coords = uniforms(own, points * spec.inFeatures).map(x => x + shift);
      const at = tensor(coords, [points, spec.inFeatures]) as Tensor2D;
      const parameters = Object.values(field.parameters).map(parameter => parameter as Tensor);
      const names = Object.keys(field.parameters);
      const partsOf = (): Tensor[] => {
        const record = Object.fromEntries(names.map((name, index) => [name, parameters[index] as Tensor]));
        const jet = evaluateJet(spec, record, at, request, extensions);
        interrupt();
        return Object.values(jet).flat() as Tensor[];
      };
      const jet = partsOf();
      // tfjs has no gradient of an empty split, which some composed operations contain.
      const grads = points === 0 ? [] : gradientsOf(() => weigh(partsOf()), [at, ...parameters]);
      const numbers = await read([...jet, ...grads]);
      field.dispose();
      return numbers;
    });
};

const PENALTIES: readonly Penalty[] = [squared, absolute, huberPenalty(0.3), charbonnierPenalty(0.1)];

/** Two steps of a fit of one field, with a loss that is described as data. */
const fitWork = (rng: Rng, spec: FieldSpec): Work => {
  const derivatives = pick(rng, REQUESTS.slice(0, 4));
  const points = Math.max(1, pick(rng, POINTS));
  const seed = rng.integer(2 ** 32);
  const chunkSize = pick(rng, [undefined, 1, 7, 50]);
  const weighs = rng.integer(2) === 1;
  const penalty = pick(rng, PENALTIES);
  return async (interrupt, shift) => {
    const field: Field = createField(spec, { seed: 3, extensions });
    const { outFeatures: o, inFeatures: d } = field;
    const source: PointSource = {
      inFeatures: d,
      pointsPerStep: points,
      fixed: true,
      draw: (start, count) => {
        const own = createRng(seed + start);
        const coords = uniforms(own, count * d).map(x => x + shift);
        const targets = {
          value: uniforms(own, count * o),
          gradient: uniforms(own, count * d * o),
          w: uniforms(own, count),
        };
        return { coords, targets };
      },
    };
    const errors: readonly PointwiseError[] = [
      { of: 'value', target: 'value' },
      ...(derivatives.gradient ? [{ of: 'gradient', target: 'gradient', factor: 0.1 } as const] : []),
      ...(derivatives.laplacian ? [{ of: 'laplacian', factor: 1e-3 } as const] : []),
    ];
    const described: PointwiseLoss = { errors, penalty, ...(weighs && { weight: 'w' }) };
    const loss: PointLoss<DerivativeRequest> = pointwiseLoss(described);
    const losses: number[] = [];
    const options = { steps: 2, optimizer: adam({ learningRate: 1e-4 }), ...(chunkSize && { chunkSize }) };
    try {
      for await (const progress of fit(field, [term({ points: source, derivatives, loss })], options)) {
        losses.push(progress.loss);
        interrupt();
      }
      return { losses: Float32Array.from(losses) };
    } finally {
      field.dispose();
    }
  };
};

/** More fields than threads, and so many that a thread has several. */
const BATCHES = [1, 2, 3, 5, 17] as const;
/** The composed evaluation takes field by field and derivative by derivative. */
const MAX_BATCH_POINTS = 200;

/** Which parameters each field of a batch has of its own: all, or some. */
const batchOf = (rng: Rng, spec: FieldSpec): BatchNetwork => {
  const single = networkOf(spec, extensions);
  const own = single.layout.entries.filter(() => rng.integer(2) === 1);
  const count = pick(rng, BATCHES);
  return rng.integer(2) === 1 || own.length === 0
    ? batchNetworkOf(single, count)
    : batchNetworkOf(
        single,
        count,
        own.map(({ layer, role }) => ({ layer, role })),
      );
};

/** Many fields: their jets and gradients, or a loss of all. */
const batchWork = (rng: Rng, spec: FieldSpec): Work => {
  const batch = batchOf(rng, spec);
  const request = pick(rng, REQUESTS);
  const points = Math.max(1, Math.min(pick(rng, POINTS), Math.floor(MAX_BATCH_POINTS / batch.count)));
  const isShared = rng.integer(2) === 1;
  const seed = rng.integer(2 ** 32);
  return (interrupt, shift) =>
    inScope(async () => {
      const own = createRng(seed);
      const { inFeatures } = spec;
      const numbers = tensor1d(uniforms(own, points * inFeatures * (isShared ? 1 : batch.count)).map(x => x + shift));
      const coords = isShared
        ? reshape<Rank.R2>(numbers, [points, inFeatures])
        : reshape<Rank.R3>(numbers, [batch.count, points, inFeatures]);
      const values = new Float32Array(batch.layout.size);
      for (const { name, offset, initialise } of batch.layout.entries) values.set(initialise(own.fork(name)), offset);
      const flat = tensor1d(values.map(value => value * (1 + 0.1 * own.uniform())));
      const evaluation = batchEvaluationOf(batch, request);
      const partsOf = (): Tensor[] => {
        const { value, first, second } = evaluation.run(networkParameters(batch.layout, flat), coords);
        interrupt();
        return [value, ...(first ? [first] : []), ...(second ? [second] : [])];
      };
      const jet = partsOf();
      const grads = gradientsOf(() => weigh(partsOf()), [coords, flat]);
      return read([...jet, ...grads]);
    });
};

/** A product of matrices of any size, stored in either order. */
const productWork = (rng: Rng): Work => {
  const sizes = [0, 1, 7, 33, 64, 130];
  const [m, k, n] = [pick(rng, sizes), pick(rng, sizes), pick(rng, sizes)];
  const [transposeA, transposeB] = [rng.integer(2) === 1, rng.integer(2) === 1];
  const seed = rng.integer(2 ** 32);
  return (interrupt, shift) =>
    inScope(async () => {
      const own = createRng(seed);
      const a = tensor2d(
        uniforms(own, m * k).map(x => x + shift),
        transposeA ? [k, m] : [m, k],
      );
      const b = tensor2d(uniforms(own, k * n), transposeB ? [n, k] : [k, n]);
      const product = matMul(a, b, transposeA, transposeB);
      interrupt();
      return read([product]);
    });
};

/** All kinds of work. */
export const worksFor: readonly ((rng: Rng, spec: FieldSpec) => Work)[] = [jetWork, fitWork, batchWork, productWork];

/** The parts in which two backends differ by more than they may, with the largest difference. */
const differences = (actual: Numbers, expected: Numbers): string[] =>
  Object.entries(expected).flatMap(([name, values]) => {
    const found = actual[name] ?? new Float32Array();
    const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    if (!(scale < LARGEST)) return [];
    let worst = found.length === values.length ? 0 : Number.POSITIVE_INFINITY;
    for (const [index, value] of values.entries()) {
      const difference = Math.abs(value - (found[index] as number));
      if (Number.isFinite(value) && !(difference <= worst)) worst = difference;
    }
    return worst <= RELATIVE * (scale + 1e-2) ? [] : [`part ${name} of ${values.length}: ${worst} of ${scale}`];
  });

let backend: NativeBackend | undefined;
let used = 0;

/** A backend, the one of before in most cases. */
const backendFor = async (rng: Rng): Promise<NativeBackend> => {
  const instructionSet = pick(rng, addon.instructionSets());
  const threads = 1 + rng.integer(4);
  const isSame = backend?.instructionSet === instructionSet && backend.threads === threads;
  const isSmall = rng.integer(20) === 0;
  if (backend === undefined || !isSame || isSmall || used > 50) {
    used = 0;
    backend = await useFuzzBackend({
      instructionSet,
      threads,
      ...(isSmall && { maximumMemory: 2 ** 20 * (1 + rng.integer(8)) }),
    });
  }
  used += 1;
  // A small one is not used again.
  const current = backend;
  if (isSmall) backend = undefined;
  return current;
};

const run = async (bytes: Uint8Array): Promise<void> => {
  const rng = createRng(hashOf(bytes));
  const spec = randomNetwork(rng);
  const work = pick(rng, worksFor)(rng, spec);
  const native = await backendFor(rng);
  const interrupts = rng.integer(4) === 0;
  const interrupt = (): void => {
    if (interrupts) native.machine.dispose();
  };
  let found: string[] = [];
  // A kink at one of the points is decided by rounding; at other points it is not. What is wrong is wrong everywhere.
  for (const shift of [0, 0.0123, -0.0377]) {
    await setBackend('native');
    const actual = await work(interrupt, shift);
    await setBackend('cpu');
    await ready();
    found = differences(actual, await work(() => undefined, shift));
    if (found.length === 0) return;
  }
  throw new Error(`native differs from cpu: ${found.join('; ')}; ${JSON.stringify(spec)}`);
};

/** Random work on `native`. Little memory may not be enough, which is said. */
export const nativeTarget: FuzzTarget = {
  name: 'native',
  seeds: () => Array.from({ length: 8 }, (_, index) => Uint8Array.from({ length: 12 }, (__, i) => 31 * index + 7 * i)),
  read: run,
  isTyped: error => error instanceof Error && error.name === 'KernelMemoryError',
  memory: { base: 2 ** 30, perByte: 2 ** 16 },
  milliseconds: 60_000,
};
