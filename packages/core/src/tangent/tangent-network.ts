import type { ParameterArray } from '../ops/arrays.ts';
import { type ParameterDeclaration, ParameterLayout } from '../params/layout.ts';
import { type BatchNetwork, batchNetworkOf } from '../spec/batch-network.ts';
import type { Network } from '../spec/network.ts';
import { tangentProgram } from './tangent-program.ts';

const known = new WeakMap<Network, Network>();

const make = ({ program, layout, computed }: Network): Network => {
  if (computed.length > 0)
    throw new TypeError('tangent: a layer computes an array from its parameters, for which there is no tangent');
  const { entries, size } = layout;
  const declarations = entries.map((entry): ParameterDeclaration => {
    const { layer, role, group, trained, shape } = entry;
    const path = layer === '' ? 'tangent' : `tangent.${layer}`;
    return { layer: path, role, group, trained, shape, initialise: rng => entry.initialise(rng) };
  });
  const directionOf = (array: ParameterArray): ParameterArray => ({
    ...array,
    index: entries.length + array.index,
    offset: size + array.offset,
  });
  return {
    program: tangentProgram(program, directionOf),
    layout: new ParameterLayout([...entries, ...declarations]),
    computed: [],
    layers: [],
    statistics: [],
    owners: [],
    placed: new Map(),
  };
};

/**
 * The network over the parameters [theta; v], `f32[2 P]`, whose features are those of a given one, followed by their
 * derivatives d/de along theta + e v: see `tangent-program.ts`. The parameters of the direction v have the prefix
 * `tangent.`. Memoized.
 *
 * It is partitioned, compiled and evaluated like any other network.
 *
 * @throws TypeError when an activation has no formula, or a custom operation that depends on parameters has no tangent,
 *   or a layer computes an array from parameters
 */
export const tangentNetworkOf = (network: Network): Network => {
  const tangent = known.get(network) ?? make(network);
  known.set(network, tangent);
  return tangent;
};

const knownBatches = new WeakMap<BatchNetwork, BatchNetwork>();

/**
 * The same for many fields, over [theta; v] of their layout: a direction is separate or shared like its parameter.
 * Memoized.
 *
 * @throws as {@link tangentNetworkOf}
 */
export const tangentBatchOf = (batch: BatchNetwork): BatchNetwork => {
  const found = knownBatches.get(batch);
  if (found) return found;
  const single = tangentNetworkOf(batch.single);
  const count = batch.single.layout.entries.length;
  const own = single.layout.entries.filter((_, index) => batch.isOwn[index % count]);
  const tangent = batchNetworkOf(
    single,
    batch.count,
    own.map(({ layer, role }) => ({ layer, role })),
  );
  knownBatches.set(batch, tangent);
  return tangent;
};
