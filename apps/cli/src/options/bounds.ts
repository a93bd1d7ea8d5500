/** @file Bounds on the hidden weights of a network: `1,0.6` for low and for high input frequencies. */
import { ArgumentError, numberList, UsageError } from '@neural-fields/app-kit';
import type { FieldSpec, ParameterProjection } from '@neural-fields/core';
import { type Bounds, bounds, periodOf } from '@neural-fields/periodic-init';

const WANTED = 'two positive numbers low,high, e.g. 1,0.6';

/** Reads bounds. */
export const parseBounds = (text: string): Bounds => {
  const [low = 0, high = 0] = numberList(2, WANTED, 0)(text);
  if (low === 0 || high === 0) throw new ArgumentError(WANTED);
  return { low, high };
};

/** Formats bounds so that {@link parseBounds} reads them. */
export const formatBounds = ({ low, high }: Bounds): string => `${low},${high}`;

/**
 * What clamps the weights after every update.
 *
 * @throws UsageError when the network has no periodic layer
 */
export const boundsProjection = (spec: FieldSpec, given: Bounds): ParameterProjection => {
  if (periodOf(spec) === undefined)
    throw new UsageError({ what: '--bounds', problem: 'it is for a network with a period, as --network tuner' });
  return bounds(spec, given);
};
