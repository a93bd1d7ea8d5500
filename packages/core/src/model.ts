/**
 * @file What a fit trains: parameters in one layout, and the fields that its terms look at, whose parameters follow
 * from them.
 */
import type { Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { ParameterLayout } from './params/layout.ts';
import type { BatchNetwork } from './spec/batch-network.ts';
import type { Extensions } from './spec/layer.ts';
import type { Network } from './spec/network.ts';

/** One field, or many of one network, as a term looks at them. */
export interface ModelView {
  readonly network: Network | BatchNetwork;
  /**
   * The flat vector of the network's parameters from that of the model's, in tfjs ops through which gradients flow.
   * Absent where they are the same. The fit calls it once a step, whatever the number of chunks.
   */
  parameters?(flat: Tensor1D): Tensor1D;
}

/** What a model is, as JSON; a checkpoint of a model with another description is refused. */
export interface ModelDescription {
  readonly kind: string;
}

/** Anything that `fit` can train: a `Field`, a `FieldBatch`, or what `createModel` puts together. */
export interface Model {
  /** The names, shapes and places of all parameters. */
  readonly layout: ParameterLayout;
  /** By name, in order. The fit gives them the newest values when it reports. */
  readonly parameters: Readonly<Record<string, Variable>>;
  readonly description: ModelDescription;
  /** By the names that terms have for them. */
  readonly views: Readonly<Record<string, ModelView>>;
  /** The layers and activations of its specs that are not core ones. */
  readonly extensions?: Extensions;
}

/** Whether a network is that of many fields. */
export const isBatchNetwork = (network: Network | BatchNetwork): network is BatchNetwork => 'single' in network;

/** The network of one field. */
export const singleNetwork = (network: Network | BatchNetwork): Network =>
  isBatchNetwork(network) ? network.single : network;

/**
 * The view that a term looks at.
 *
 * @param name absent where the model has one alone
 * @throws RangeError when there is none of that name, or when there are several and none is named
 */
export const viewOf = ({ views }: Model, name: string | undefined, term: string): ModelView => {
  const names = Object.keys(views);
  const only = names.length === 1 ? names[0] : undefined;
  const wanted = name ?? only;
  if (wanted === undefined)
    throw new RangeError(
      `term '${term}': must name one of the model's fields, which are ${names.join(', ') || 'none'}`,
    );
  const view = Object.hasOwn(views, wanted) ? views[wanted] : undefined;
  if (view === undefined)
    throw new RangeError(
      `term '${term}': the model has no field '${wanted}'; its fields are ${names.join(', ') || 'none'}`,
    );
  return view;
};
