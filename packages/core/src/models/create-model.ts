/**
 * @file Models of several parts, whose fields' parameters are computed from the parts: hypernetworks, shared trunks,
 *   latent codes.
 */

import {
  concat1d,
  reshape,
  slice,
  split,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { BatchCoords } from '../evaluate/batch-evaluation.ts';
import { evaluateBatchNetwork, evaluateNetwork } from '../evaluate/evaluate.ts';
import type { Field } from '../field.ts';
import type { Jet, JetSource } from '../jets/jet.ts';
import type { DerivativeRequest } from '../jets/request.ts';
import { isBatchNetwork, type JointParameters, type Model, type ModelDescription, type ModelView } from '../model.ts';
import { assertOptions } from '../options.ts';
import { type ParameterEntry, ParameterLayout } from '../params/layout.ts';
import type { BatchNetwork } from '../spec/batch-network.ts';
import { batchNetworkOf } from '../spec/batch-network.ts';
import { noExtensions } from '../spec/extensions.ts';
import type { FieldSpec } from '../spec/field-spec.ts';
import type { Extensions } from '../spec/layer.ts';
import { type Network, networkOf } from '../spec/network.ts';
import { parseSpec } from '../spec/spec.ts';
import type { StepInputs } from '../step-inputs.ts';
import type { FieldBatch, FieldBatchSize } from './field-batch.ts';
import { type BoundParameters, ParameterSet } from './parameter-set.ts';

/** A part of a model. */
export type ModelPart = Field | FieldBatch | ParameterSet;

/** A part bound to current values of its parameters. All of its results are differentiable. */
export type BoundPart<P extends ModelPart> = BoundParameters & {
  /** `f32[P]`: all of its parameters, in the order of its layout. */
  readonly flat: Tensor1D;
} & (P extends Field
    ? JetSource & {
        /** The value at `coords` f32[n, inFeatures]: f32[n, outFeatures]. */
        evaluate(coords: Tensor2D): Tensor2D;
      }
    : P extends FieldBatch
      ? { jet<const R extends DerivativeRequest>(coords: BatchCoords, request: R): Jet<R> }
      : unknown);

/** All bound parts. */
export type BoundParts<P extends Readonly<Record<string, ModelPart>>> = {
  readonly [Name in keyof P]: BoundPart<P[Name]>;
};

/** A field, or a batch of fields, whose parameters are computed from the parts. */
export type ModelFieldOptions<
  P extends Readonly<Record<string, ModelPart>>,
  S = undefined,
> = Partial<FieldBatchSize> & {
  readonly spec: FieldSpec;
  readonly extensions?: Extensions;
  /**
   * Computes the flat vector of its parameters in the order of `parameterLayout(spec)`; for many fields in that of
   * `createFieldBatch`, which `stackFields` makes from one row for each field. In ordinary tfjs ops, called once per
   * step.
   *
   * @param inputs what the points of the term give for the step (`PointSource.inputs`), e.g. the context of an encoder
   * @param shared what {@link ModelOptions.shared} returned for these inputs
   */
  parameters(parts: BoundParts<P>, inputs: StepInputs, shared: S): Tensor1D;
};

/** The options of {@link createModel}. */
export interface ModelOptions<P extends Readonly<Record<string, ModelPart>>, S = undefined> {
  /** Identifies the model in checkpoints, e.g. `hypernetwork`: checkpoints of another kind are refused. */
  readonly kind: string;
  /**
   * What is trained. A part's name is the prefix of its parameters, e.g. `hyper.layers.0.weight`. The caller keeps
   * ownership.
   */
  readonly parts: P;
  /** The fields that terms evaluate, by name. */
  readonly fields: Readonly<Record<string, ModelFieldOptions<P, S>>>;
  /**
   * Computes what the parameters of several fields depend on, e.g. the latents of an encoder, so that a step computes
   * it once for all of them. The parameters of all fields are then computed together.
   */
  shared?(parts: BoundParts<P>, inputs: StepInputs): S;
}

const partNetwork = (part: ModelPart): Network | BatchNetwork | undefined =>
  part instanceof ParameterSet ? undefined : (Object.values(part.views)[0] as ModelView).network;

const describePart = (part: ModelPart): object =>
  part instanceof ParameterSet
    ? { kind: 'parameters', shapes: Object.fromEntries(part.layout.entries.map(({ name, shape }) => [name, shape])) }
    : part.description;

const bind = (part: ModelPart, flat: Tensor1D): BoundPart<ModelPart> => {
  const { layout } = part;
  const network = partNetwork(part);
  // A set is split at once: the gradient of each slice would be a vector of all its parameters. Networks are mostly
  // used as a whole.
  const all = network === undefined ? layout.split(flat) : undefined;
  const tensor = (name: string): Tensor =>
    all === undefined ? layout.tensor(flat, name) : (all[layout.entry(name).index] as Tensor);
  const common = { flat, tensor };
  if (network === undefined) return common;
  if (isBatchNetwork(network))
    return {
      ...common,
      jet: (coords: BatchCoords, request: DerivativeRequest) => evaluateBatchNetwork(network, flat, coords, request),
    } as BoundPart<ModelPart>;
  const jet: JetSource['jet'] = (coords, request) => evaluateNetwork(network, flat, coords, request);
  const { inFeatures } = network.program;
  return { ...common, inFeatures, jet, evaluate: (coords: Tensor2D) => jet(coords, {}).value } as BoundPart<ModelPart>;
};

/**
 * Composes a model that `fit` trains as a whole, e.g. a hypernetwork: a network that computes the parameters of others
 * from codes.
 *
 *     const model = createModel({
 *       kind: 'hypernetwork',
 *       parts: { hyper, codes: createParameters({ code: { shape: [b, 16] } }, { seed: 0 }) },
 *       fields: {
 *         images: { spec, count: b, parameters: ({ hyper, codes }) => stackFields(spec, hyper.evaluate(codes.tensor('code'))) },
 *       },
 *     });
 *
 * @throws TypeError or RangeError when a spec, a count or a name is wrong
 */
export const createModel = <const P extends Readonly<Record<string, ModelPart>>, S = undefined>(
  options: ModelOptions<P, S>,
): Model => {
  assertOptions('createModel', options, { kind: 1, parts: 1, fields: 1, shared: 1 });
  const { kind, parts, fields, shared } = options;

  const names = Object.keys(parts);
  if (['', 'field', 'field-batch'].includes(kind))
    throw new RangeError(`createModel: kind must be other than '', 'field' and 'field-batch', got '${kind}'`);
  if (names.length === 0 || Object.keys(fields).length === 0)
    throw new RangeError('createModel: needs at least one part and one field');
  const inPart = (name: string, layer: string): string => (layer === '' ? name : `${name}.${layer}`);
  const declarations = Object.entries(parts).flatMap(([name, { layout }]) =>
    layout.entries.map((entry: ParameterEntry) => ({ ...entry, layer: inPart(name, entry.layer) })),
  );
  const layout = new ParameterLayout(declarations);
  const parameters = Object.fromEntries(
    Object.entries(parts).flatMap(([name, part]) =>
      Object.entries(part.parameters).map(([inner, variable]): [string, Variable] => [`${name}.${inner}`, variable]),
    ),
  );
  const sizes = Object.values(parts).map(part => part.layout.size);
  const bindAll = (flat: Tensor1D): BoundParts<P> => {
    const flats = sizes.length === 1 ? [flat] : split(flat, sizes);
    const bound = Object.entries(parts).map(([name, part], index) => [name, bind(part, flats[index] as Tensor1D)]);
    return Object.fromEntries(bound) as BoundParts<P>;
  };
  // Without the function, S is undefined.
  const sharedOf = (bound: BoundParts<P>, inputs: StepInputs): S => shared?.(bound, inputs) as S;
  const joint: JointParameters = {
    compute: (flat, inputs) =>
      tidy(() => {
        const bound = bindAll(flat);
        const common = sharedOf(bound, inputs);
        return Object.values(fields).map(field => field.parameters(bound, inputs, common));
      }),
  };
  const described: Record<string, object> = {};
  const views: Record<string, ModelView> = {};
  for (const [name, { spec, extensions = noExtensions, count, own, parameters: parametersOf }] of Object.entries(
    fields,
  )) {
    const checked = parseSpec(spec, extensions);
    const single = networkOf(checked, extensions);
    described[name] = { spec: checked, ...(count !== undefined && { count }), ...(own && { own }) };
    views[name] = {
      network: count === undefined ? single : batchNetworkOf(single, count, own),
      parameters: (flat, inputs) =>
        tidy(() => {
          const bound = bindAll(flat);
          return parametersOf(bound, inputs, sharedOf(bound, inputs));
        }),
      ...(shared && { joint: { of: joint, index: Object.keys(views).length } }),
    };
  }
  const description: ModelDescription = {
    kind,
    parts: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, describePart(part)])),
    fields: described,
  } as ModelDescription;
  return { layout, parameters, description, views };
};

/**
 * The flat vector of a batch of fields, in the order of `createFieldBatch`, from one row for each field.
 *
 * @param rows `f32[b, P]`: row f has the parameters of field f in the order of `parameterLayout(spec)`
 * @throws RangeError when the length of the rows is not the number of the spec's parameters
 */
export const stackFields = (spec: FieldSpec, rows: Tensor2D, extensions: Extensions = noExtensions): Tensor1D => {
  const { layout } = networkOf(parseSpec(spec, extensions), extensions);
  const [count, width] = rows.shape;
  if (width !== layout.size)
    throw new RangeError(`stackFields: the rows must have ${layout.size} values, one for each parameter, got ${width}`);
  return tidy(() =>
    concat1d(
      layout.entries.map(
        ({ offset, size }) => reshape(slice(rows, [0, offset], [count, size]), [count * size]) as Tensor1D,
      ),
    ),
  );
};
