/** @file The float64 references that `make_optimizers_golden.py` makes, and the same steps taken by an optimizer. */
import { readFileSync } from 'node:fs';
import { type Tensor1D, tensor1d, zeros } from '@tensorflow/tfjs-core';
import { stateLengthsOf } from '../../../src/fit/optimizer.ts';
import { optimizerFor } from '../../../src/fit/parameter-groups.ts';
import { constant, type GradientOptimizer, type ParameterGroup, ParameterLayout } from '../../../src/index.ts';

/** The parameters after every step. */
type Trace = readonly (readonly number[])[];

interface Golden extends Readonly<Record<'adamw' | 'lbfgs' | 'muon' | 'soap', Trace>> {
  /** The number of features before and after each layer. */
  readonly widths: readonly number[];
}

/** The references by optimizer. */
export const golden: Golden = JSON.parse(readFileSync(new URL('optimizers.json', import.meta.url), 'utf8'));

const { widths }: Golden = golden;

/** The layout of the network of the references. */
export const layout: ParameterLayout = new ParameterLayout(
  widths.slice(1).flatMap((outFeatures, i) =>
    Object.entries({ weight: [widths[i] as number, outFeatures], bias: [outFeatures] }).map(([role, shape]) => ({
      layer: `layers.${i}`,
      role,
      group: 'network',
      shape,
      initialise: () => new Float32Array(shape.reduce((product, length) => product * length, 1)),
    })),
  ),
);

const numbers = (value: (i: number) => number): Tensor1D =>
  tensor1d(Float32Array.from({ length: layout.size }, (_, i) => value(i)));

/** The steps of the references. */
export const trace = async (
  optimizer: GradientOptimizer,
  groups: readonly ParameterGroup[] = [],
): Promise<number[][]> => {
  const steps = golden.adamw.length;
  const bound = optimizerFor(optimizer, groups, { layout, schedule: constant(), steps }) as GradientOptimizer;
  let parameters = numbers(i => Math.sin(1.7 * i));
  let state: readonly Tensor1D[] = stateLengthsOf(bound, layout.size).map(length => zeros([length]) as Tensor1D);
  const found: number[][] = [];
  for (let step = 1; step <= steps; step++) {
    const gradient = numbers(i => (Math.sin(12.9898 * i + 78.233 * step) * (1 + (i % 5))) / 4);
    const { learningRate } = bound;
    ({ parameters, state } = bound.update({ parameters, gradient, state, step, learningRate }));
    state = (await bound.renewState?.(state, step)) ?? state;
    found.push([...(await parameters.data())]);
  }
  return found;
};

/** The largest difference from a reference, over all steps and parameters. */
export const largestError = (found: Trace, expected: Trace): number => {
  if (found.length !== expected.length) throw new RangeError(`wanted ${expected.length} steps, got ${found.length}`);
  return Math.max(...found.flatMap((row, t) => row.map((value, i) => Math.abs(value - (expected[t]?.[i] as number)))));
};
