/**
 * @file What the inputs of core's kernels must be. A backend's kernel reads and writes memory by the lengths that it is told, so every kernel goes
 * through these checks, whoever calls it: they are put in front of it where it is registered.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { FieldJetLayer, FieldJetNetwork } from './field-jet.ts';
import type { FieldLoss } from './field-loss.ts';

const describe = (shape: readonly (number | string)[]): string => `[${shape.join(', ')}]`;

/** @throws RangeError when a tensor is missing or has another shape, TypeError when it does not hold float32 */
const assertTensor = (what: string, tensor: TensorInfo | undefined, wanted: readonly number[]): void => {
  if (tensor === undefined) throw new RangeError(`${what} must be ${describe(wanted)}, got none`);
  const { shape, dtype } = tensor;
  if (shape.length !== wanted.length || shape.some((length, axis) => length !== wanted[axis]))
    throw new RangeError(`${what} must be ${describe(wanted)}, got ${describe(shape)}`);
  if (dtype !== 'float32') throw new TypeError(`${what} must be float32, got ${dtype}`);
};

/** Which of a list of inputs is which, and its shape. */
type Wanted = readonly (readonly [what: string, shape: readonly number[]])[];

const assertList = (kernel: string, tensors: readonly TensorInfo[], wanted: Wanted): void => {
  if (tensors.length !== wanted.length)
    throw new RangeError(`${kernel}: must have ${wanted.length} inputs, got ${tensors.length}`);
  for (const [index, [what, shape]] of wanted.entries()) assertTensor(`${kernel}: ${what}`, tensors[index], shape);
};

/** @throws RangeError, TypeError when the vectors of an update are not all `f32[P]` */
export const assertAdamInputs = (vectors: Readonly<Record<string, TensorInfo | undefined>>): void => {
  const size = vectors['parameters']?.shape[0] ?? 0;
  for (const name of ['parameters', 'gradient', 'first', 'second']) assertTensor(`adam update: ${name}`, vectors[name], [size]);
};

/** @throws RangeError when the layers do not follow on each other, or the forms are not those of the order */
const assertNetwork = (kernel: string, { inFeatures, encodedFeatures, layers, order, forms }: FieldJetNetwork): void => {
  let width = encodedFeatures ?? inFeatures;
  for (const [index, layer] of layers.entries()) {
    if (layer.inFeatures !== width)
      throw new RangeError(`${kernel}: layer ${index} must take ${width} features, got ${layer.inFeatures}`);
    width = layer.outFeatures;
  }
  if (layers.length === 0) throw new RangeError(`${kernel}: must have at least one layer, got none`);
  if ((order === 2) !== (forms !== undefined))
    throw new RangeError(`${kernel}: must have second-order forms for order 2 alone, got order ${order}`);
  const { pairs = [], weights = [] } = forms ?? {};
  if (
    pairs.some(pair => pair.some(axis => !(axis >= 0 && axis < inFeatures))) ||
    weights.some(row => row.length !== pairs.length)
  )
    throw new RangeError(
      `${kernel}: the forms must have one weight for each of ${pairs.length} pairs of ${inFeatures} coordinates`,
    );
};

/** The number of points, from the first input. @throws RangeError when there are none */
const pointsOf = (kernel: string, [first]: readonly TensorInfo[]): number => {
  const points = first?.shape[0] ?? 0;
  if (points < 1) throw new RangeError(`${kernel}: must have at least one point, got ${points}`);
  return points;
};

/** The parts of a jet of `width` features at n points, as far as the order goes. */
const jetParts = ({ inFeatures, order, forms }: FieldJetNetwork, n: number, width: number): Wanted => [
  ['value', [n, width]],
  ...(order >= 1 ? [['first', [inFeatures, n, width]] as const] : []),
  ...(forms ? [['second', [forms.weights.length, n, width]] as const] : []),
];

const inputsOf = (network: FieldJetNetwork, n: number): Wanted =>
  network.encodedFeatures === undefined
    ? [['coords', [n, network.inFeatures]]]
    : jetParts(network, n, network.encodedFeatures).map(([part, shape]) => [`${part} of the encoding`, shape]);

const parametersOf = ({ inFeatures, outFeatures, hasBias, activation }: FieldJetLayer): Wanted => [
  ['weight', [inFeatures, outFeatures]],
  ...(hasBias ? [['bias', [outFeatures]] as const] : []),
  ...activation.learnable.map(name => [name, []] as const),
];

const outFeaturesOf = ({ layers }: FieldJetNetwork): number => layers.at(-1)?.outFeatures ?? 0;

/**
 * @param direction which of the two kernels of a field jet it is
 * @throws RangeError, TypeError when the inputs are not those of {@link FieldJetKernel}
 */
export const assertFieldJetInputs = (
  direction: 'forward' | 'reverse',
  network: FieldJetNetwork,
  tensors: readonly TensorInfo[],
): void => {
  const kernel = `field jet ${direction}`;
  assertNetwork(kernel, network);
  const n = pointsOf(kernel, tensors);
  assertList(kernel, tensors, [
    ...inputsOf(network, n),
    ...network.layers.flatMap((layer, index) =>
      parametersOf(layer).map(([name, shape]) => [`${name} of layer ${index}`, shape] as const),
    ),
    ...(direction === 'forward'
      ? []
      : jetParts(network, n, outFeaturesOf(network)).map(([part, shape]) => [`the derivative of ${part}`, shape] as const)),
  ]);
};

/** @throws RangeError, TypeError when the inputs are not those of `registerFieldLossKernel`, or a block asks for columns that no target has */
export const assertFieldLossInputs = ({ network, blocks, weight }: FieldLoss, tensors: readonly TensorInfo[]): void => {
  const kernel = 'field loss';
  assertNetwork(kernel, network);
  const n = pointsOf(kernel, tensors);
  const inputs = inputsOf(network, n);
  const sizes = network.layers.flatMap(parametersOf).map(([, shape]) => shape.reduce((product, length) => product * length, 1));
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const targets = tensors.slice(inputs.length + 1);
  const widths = targets.map(({ shape }) => shape[1] ?? 0);
  assertList(kernel, tensors, [
    ...inputs,
    ['parameters', [count]],
    ...widths.map((width, index) => [`target ${index}`, [n, width]] as const),
  ]);
  const o = outFeaturesOf(network);
  const blockCount = jetParts(network, n, o).reduce((sum, [, shape]) => sum + (shape.length === 3 ? (shape[0] as number) : 1), 0);
  if (blocks.length !== blockCount) throw new RangeError(`${kernel}: must have ${blockCount} blocks, got ${blocks.length}`);
  for (const [index, { target }] of blocks.entries())
    if (target && !(target.column >= 0 && target.column + o <= (widths[target.index] ?? 0)))
      throw new RangeError(`${kernel}: target ${target.index} must have the columns ${target.column} ... of block ${index}`);
  if (weight !== undefined && ![1, o].includes(widths[weight] ?? 0))
    throw new RangeError(
      `${kernel}: the weight must be [${n}, 1] or [${n}, ${o}], got ${describe(targets[weight]?.shape ?? [])}`,
    );
};
