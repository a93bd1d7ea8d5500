/**
 * @file Many networks of one spec: the same operations, with parameters that are separate for each field or shared by
 *   all.
 */

import { assertCount } from '../assert-number.ts';
import type { Program } from '../ops/operation.ts';
import { withParameters } from '../ops/parameters.ts';
import { type ParameterEntry, ParameterLayout, type ParameterQuery } from '../params/layout.ts';
import type { Rng } from '../random.ts';
import type { Network } from './network.ts';

/** The network of a batch of fields. */
export interface BatchNetwork {
  /** The network of one field. */
  readonly single: Network;
  /** b, the number of fields. */
  readonly count: number;
  /** For each entry of the single layout, whether each field has its own values. */
  readonly isOwn: readonly boolean[];
  /** The entries of the single layout; those that are not shared have a leading axis b. */
  readonly layout: ParameterLayout;
  /** The operations, with the parameter offsets of that layout. */
  readonly program: Program;
}

/** A predicate: whether a parameter matches one of several queries. */
const fitsOne = (layout: ParameterLayout, queries: readonly ParameterQuery[]): ((entry: ParameterEntry) => boolean) => {
  const found = new Set(queries.flatMap(query => layout.select(query)));
  return entry => found.has(entry);
};

/** The network of `count` fields. */
const placed = (single: Network, count: number, isOwn: readonly boolean[]): BatchNetwork => {
  const { layout, program } = single;
  const declarations = layout.entries.map((entry, index) => {
    const { layer, role, group, trained, shape, size } = entry;
    const initialise = (rng: Rng): Float32Array => entry.initialise(rng);
    if (!isOwn[index]) return { layer, role, group, trained, shape, initialise };
    return {
      layer,
      role,
      group,
      trained,
      shape: [count, ...shape],
      initialise: (rng: Rng): Float32Array => {
        const all = new Float32Array(count * size);
        for (let field = 0; field < count; field++) all.set(initialise(rng.fork(field)), field * size);
        return all;
      },
    };
  });
  const batchLayout = new ParameterLayout(declarations);
  const operations = program.operations.map(operation =>
    withParameters(operation, array => {
      const entry = batchLayout.entries[array.index];
      // A computed array: fields that have one are evaluated one by one.
      if (entry === undefined) return array;
      const fieldStride = isOwn[array.index] ? (layout.entries[array.index] as ParameterEntry).size : 0;
      return { ...array, offset: entry.offset, fieldStride };
    }),
  );
  return { single, count, isOwn, layout: batchLayout, program: { ...program, operations } };
};

/**
 * The network of `count` fields, whose layout is ordered parameter by parameter, and within each parameter field by
 * field.
 *
 * @param own the parameters that are not shared; all if absent
 * @throws RangeError when the count is not a positive integer, or when a query matches no parameter
 */
export const batchNetworkOf = (single: Network, count: number, own?: readonly ParameterQuery[]): BatchNetwork => {
  assertCount('field batch: count', count);
  const { layout } = single;
  for (const [index, query] of (own ?? []).entries())
    if (layout.select(query).length === 0)
      throw new RangeError(
        `field batch: own[${index}] must match parameters of the field, got ${JSON.stringify(query)}; its parameters: ${layout.names().join(', ')}`,
      );
  return placed(single, count, layout.entries.map(own ? fitsOne(layout, own) : () => true));
};

const resized = new WeakMap<BatchNetwork, Map<number, BatchNetwork>>();

/** The network of the same fields for another count, e.g. for the fields of a step. */
export const batchNetworkFor = (batch: BatchNetwork, count: number): BatchNetwork => {
  if (count === batch.count) return batch;
  const known = resized.get(batch) ?? new Map<number, BatchNetwork>();
  resized.set(batch, known);
  const network = known.get(count) ?? placed(batch.single, count, batch.isOwn);
  known.set(count, network);
  return network;
};
