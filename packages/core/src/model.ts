/**
 * @file What a fit trains: parameters in one layout, and the fields that its terms evaluate, whose parameters are
 *   functions of them.
 */
import type { Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { ParameterLayout } from './params/layout.ts';
import type { BatchNetwork } from './spec/batch-network.ts';
import type { Extensions } from './spec/layer.ts';
import type { Network } from './spec/network.ts';
import type { StepInputs } from './step-inputs.ts';

/** Computes the parameters of several views at once, where they depend on the same intermediate results. */
export interface JointParameters {
  /** The flat vectors of all of its views, in their order; otherwise as {@link ModelView.parameters}. */
  compute(flat: Tensor1D, inputs: StepInputs): readonly Tensor1D[];
}

/** A field, or a batch of fields of one network, that a term can evaluate. */
export interface ModelView {
  readonly network: Network | BatchNetwork;
  /**
   * Computes the flat vector of the network's parameters from the model's, in differentiable tfjs ops. Absent where
   * they are the same. The fit calls it once per step for each term with inputs, whatever the number of chunks, and
   * once more for the gradient.
   *
   * @param inputs what the term's points give for the step (`PointSource.inputs`); empty if they give none
   */
  parameters?(flat: Tensor1D, inputs: StepInputs): Tensor1D;
  /** How the fit computes them in place of `parameters`, if other views depend on the same intermediate results. */
  readonly joint?: { readonly of: JointParameters; readonly index: number };
}

/** The identity of a model, as JSON; a checkpoint of a model with another description is refused. */
export interface ModelDescription {
  readonly kind: string;
}

/** Anything that `fit` can train: a `Field`, a `FieldBatch`, or what `createModel` puts together. */
export interface Model {
  /** The names, shapes and offsets of all parameters. */
  readonly layout: ParameterLayout;
  /** By name, in order. The fit assigns the latest values when it reports. */
  readonly parameters: Readonly<Record<string, Variable>>;
  readonly description: ModelDescription;
  /** By the names by which terms refer to them. */
  readonly views: Readonly<Record<string, ModelView>>;
  /** The layers and activations of its specs that core does not define. */
  readonly extensions?: Extensions;
}

/** Whether a network is that of a batch of fields. */
export const isBatchNetwork = (network: Network | BatchNetwork): network is BatchNetwork => 'single' in network;

/** The network of one field. */
export const singleNetwork = (network: Network | BatchNetwork): Network =>
  isBatchNetwork(network) ? network.single : network;

/**
 * The view that a term evaluates.
 *
 * @param name may be absent where the model has only one
 * @throws RangeError when there is no such view, or when there are several and no name is given
 */
export const viewOf = ({ views }: Model, name: string | undefined, term: string): ModelView => {
  const names = Object.keys(views);
  const only = names.length === 1 ? names[0] : undefined;
  const wanted = name ?? only;
  if (wanted === undefined)
    throw new RangeError(`term '${term}': must name one of the model's fields: ${names.join(', ') || 'none'}`);
  const view = Object.hasOwn(views, wanted) ? views[wanted] : undefined;
  if (view === undefined)
    throw new RangeError(
      `term '${term}': the model has no field '${wanted}'; its fields: ${names.join(', ') || 'none'}`,
    );
  return view;
};
