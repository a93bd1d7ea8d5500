/** @file The contract for many fields at once: each field has the same results as alone. */
import { type DerivativeRequest, type FieldSpec, siren } from '@neural-fields/core';
import { charbonnierPenalty, type Penalty, squared } from '@neural-fields/core/elementwise';
import {
  type BatchNetwork,
  batchEvaluationOf,
  batchNetworkOf,
  type KernelLoss,
  networkOf,
  PROGRAM_KERNELS,
} from '@neural-fields/core/kernels';
import { expectCloseInNorm, maxAbsolute } from '@neural-fields/testing';
import { engine, memory, setBackend } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type BatchCase, type BatchValues, composeBatchLoss, measureBatch, measureBatchLoss } from './measure-batch.ts';
import { extensions, type NetworkCase, networks, specOf } from './networks.ts';

/** Options of the contract. */
export interface ManyFieldsContractOptions {
  /** Must be registered already, and `cpu` too. */
  readonly backend: string;
  /** False if core runs one field after the other on the backend. */
  readonly together: boolean;
  /**
   * False where networks are slow to compile: then only the highest order is run, each network either with a loss or
   * without, and fewer numbers of fields and points.
   */
  readonly exhaustive: boolean;
  /** Whether grids run in its kernels where only some blocks of their vertices have rows; true if absent. */
  readonly fusesBlocks?: boolean;
}

const REQUESTS: readonly DerivativeRequest[] = [
  {},
  { gradient: true },
  { laplacian: true },
  { gradient: true, hessian: true },
];
const COUNTS = [1, 2, 3, 17] as const;
const POINTS = [1, 7, 37, 129] as const;
/** Tolerance for sums over points and fields in different orders. */
const RELATIVE = 5e-5;

/** Which parameters are per field. */
const OWN = ['all', 'some', 'others'] as const;
type Own = (typeof OWN)[number];

/** A batch in which all parameters are per field, or every second one, or the others. */
const batchOf = (spec: FieldSpec, count: number, own: Own): BatchNetwork => {
  const single = networkOf(spec, extensions);
  const some = single.layout.entries.filter((_, index) => index % 2 === (own === 'some' ? 0 : 1));
  // The only parameter of a network is per field, or shared.
  return batchNetworkOf(single, count, own === 'all' ? undefined : some.map(({ layer, role }) => ({ layer, role })));
};

const sirenOf = (outFeatures: number): FieldSpec =>
  siren({ inFeatures: 2, hiddenFeatures: 19, hiddenLayers: 1, outFeatures, omega0: 5, omegaHidden: 5 });

const specs: Readonly<Record<string, FieldSpec>> = {
  'a SIREN with one output': sirenOf(1),
  'a SIREN with three outputs': sirenOf(3),
  ...Object.fromEntries(
    Object.entries(networks).map(([name, network]: [string, NetworkCase]) => [name, specOf(network)]),
  ),
};

/** A loss on every part of the jet. */
const lossOf = ({ batch: { program }, request }: BatchCase, penalty: Penalty, weighted: boolean): KernelLoss => {
  const { inFeatures: d, outFeatures: o } = program;
  const hasFirst = Object.keys(request).length > 0;
  const forms = request.hessian ? (d * (d + 1)) / 2 : request.laplacian ? 1 : 0;
  return {
    blocks: [
      { factor: 1, target: { index: 0, column: 0 } },
      ...Array.from({ length: hasFirst ? d : 0 }, (_, k) => ({ factor: 0.1, target: { index: 1, column: k * o } })),
      ...Array.from({ length: forms }, (_, j) => ({ factor: j === 0 ? 1e-3 : 0 })),
    ],
    penalty,
    targetWidths: [o, d * o, 1],
    ...(weighted && { weight: 2 }),
  };
};

/** The tolerance is relative to the largest value, as small ones may be sums of large terms. */
const expectSame = (actual: BatchValues, expected: BatchValues): void => {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected))
    expectCloseInNorm(actual[name] as Float32Array, values, { absolute: RELATIVE * maxAbsolute(values) + 1e-5 }, name);
};

/** How often each kernel of programs runs. */
const runsOf = async (work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> => {
  const { kernels } = await engine().profile(async () => {
    await work();
    return [];
  });
  return Object.fromEntries(
    Object.entries(PROGRAM_KERNELS).map(([what, kernel]) => [
      what,
      kernels.filter(({ name }) => name === kernel).length,
    ]),
  );
};

type Parity = Pick<ManyFieldsContractOptions, 'backend' | 'together'>;

const expectParity = async ({ backend, together }: Parity, one: BatchCase): Promise<void> => {
  let actual: BatchValues = {};
  const runs = await runsOf(async () => {
    actual = await measureBatch(backend, one);
  });
  const calls = together ? 1 : one.batch.count;
  // Once alone, and once with the backward pass.
  expect(runs).toEqual({ forward: 2 * calls, backward: calls, loss: 0 });
  expectSame(actual, await measureBatch('cpu', one));
};

const expectLossParity = async ({ backend, together }: Parity, one: BatchCase, loss: KernelLoss): Promise<void> => {
  let actual: BatchValues = {};
  const runs = await runsOf(async () => {
    actual = await measureBatchLoss(backend, one, loss);
  });
  expect(runs).toEqual({ forward: 0, backward: 0, loss: together ? 1 : one.batch.count });
  expectSame(actual, await composeBatchLoss('cpu', one, loss));
};

/** Declares the tests in the caller's `describe`. */
export const manyFieldsContract = (options: ManyFieldsContractOptions): void => {
  const { backend, together, exhaustive, fusesBlocks = true } = options;
  const requests = exhaustive ? REQUESTS : REQUESTS.slice(-1);

  it('declares whether it takes programs for many fields', async () => {
    await setBackend(backend);
    expect(batchEvaluationOf(batchOf(sirenOf(1), 2, 'all'), {}).isFused).toBe(together);
  });

  const names = Object.keys(specs).filter(name => fusesBlocks || !networks[name]?.hasBlocks);
  describe.each(names)('%s', name => {
    const spec = specs[name] as FieldSpec;
    const hasSome = networkOf(spec, extensions).layout.entries.length > 1;
    const all = OWN.filter(own => hasSome || own !== 'others');
    const place = names.indexOf(name);
    // The requests of a network take turns with the choices of per-field parameters.
    const cases = requests.map((request, index) => ({
      request,
      own: all[(place + index) % all.length] as Own,
      other: all[(place + index + 1) % all.length] as Own,
      isShared: index % 2 === 1,
    }));

    // Where networks are slow to compile, half of them run with a loss and half without.
    it.each(exhaustive || place % 2 === 0 ? cases : [])(
      'gives each field the same results as alone, $own parameters per field: $request',
      async ({ request, own, isShared }) =>
        expectParity(options, { batch: batchOf(spec, 3, own), request, points: 37, isShared }),
    );

    it.each(exhaustive || place % 2 === 1 ? cases : [])(
      'computes the loss of each field, $other parameters per field: $request',
      async ({ request, other, isShared }) => {
        const one = { batch: batchOf(spec, 3, other), request, points: 37, isShared: !isShared };
        await expectLossParity(options, one, lossOf(one, squared, isShared));
      },
    );
  });

  const pairs = COUNTS.flatMap(count => POINTS.map(points => ({ count, points })));
  const sizes = exhaustive ? pairs : pairs.filter((_, index) => index % 5 === 0);
  it.each(sizes)('takes $count fields at $points points each', async ({ count, points }) => {
    // Either network meets shared and separate points at every count, and at every number of points.
    const turn = (COUNTS.indexOf(count) + Math.floor(POINTS.indexOf(points) / 2)) % 2;
    for (const [index, name] of ['a SIREN with one output', 'a table in the plane'].entries()) {
      const own = OWN[(count + points + index) % OWN.length] as Own;
      const one = {
        batch: batchOf(specs[name] as FieldSpec, count, own),
        request: { gradient: true },
        points,
        isShared: turn === index,
      };
      await expectParity(options, one);
      await expectLossParity(options, one, lossOf(one, charbonnierPenalty(0.1), one.isShared));
    }
  });

  it('is deterministic, and leaks no tensors', async () => {
    const one = { batch: batchOf(sirenOf(3), 17, 'some'), request: { laplacian: true }, points: 129, isShared: false };
    const loss = lossOf(one, squared, true);
    await setBackend(backend);
    const [first, firstLoss] = [await measureBatch(backend, one), await measureBatchLoss(backend, one, loss)];
    const { numTensors } = memory();
    expect(await measureBatch(backend, one)).toEqual(first);
    expect(await measureBatchLoss(backend, one, loss)).toEqual(firstLoss);
    expect(memory().numTensors).toBe(numTensors);
  });
};
