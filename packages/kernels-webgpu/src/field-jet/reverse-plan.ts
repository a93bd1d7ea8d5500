/** @file The dispatches of a reverse pass: for each layer one towards its weight and bias, and one towards the layer before. */
import type { FieldJetLayer, FieldJetNetwork } from '@neural-fields/core/kernels';
import { linearGroups, type Step } from '../device/plan.ts';
import { blockCount, jetShapeOf, valueOnly } from '../wgsl/jet-rule.ts';
import { givenUpstream, LAST_THREADS } from '../wgsl/last-layer.ts';
import { PACK_THREADS, unpackRows } from '../wgsl/pack.ts';
import { learnedGradient, REDUCE_THREADS, sumParts } from '../wgsl/reduce.ts';
import { reverseLayer } from '../wgsl/reverse-layer.ts';
import { gradientTile, weightGradient } from '../wgsl/weight-gradient.ts';
import { inputBlocksOf, inputFeaturesOf, outFeaturesOf, padded } from './batches.ts';
import {
  activationSlot,
  formatBehind,
  learnedBinding,
  type Part,
  type PassOptions,
  preActivationBinding,
  productGroups,
} from './forward-plan.ts';
import type { LayerRegions, ParameterRegions } from './regions.ts';

/** Rows that a workgroup adds up, before the sums of all are added: short sums are exact sums. */
const ROWS_PER_PART = 256;
/** A layer 64 wide is one tile, so its parts are all the workgroups that it has. */
const MOST_PARTS = 256;
/** What the parts of the gradient may take. */
const PARTS_FLOATS = 2 ** 24;

/** How a batch's rows are shared out. */
const shareRows = (rows: number, parameters: number): { readonly parts: number; readonly rowsPerPart: number } => {
  const most = Math.max(1, Math.min(MOST_PARTS, Math.floor(PARTS_FLOATS / parameters)));
  const rowsPerPart = Math.ceil(rows / Math.min(most, Math.ceil(rows / ROWS_PER_PART)));
  return { parts: Math.ceil(rows / rowsPerPart), rowsPerPart };
};

/** Where a reverse pass begins. */
export interface LastStep {
  readonly step: Step;
  readonly slots: Readonly<Record<string, number>>;
}

/** The size and the bindings that every shader of `last-layer.ts` has. */
export const lastLayerStep = (
  network: FieldJetNetwork,
  { layers: regions }: ParameterRegions,
  points: number,
): Pick<Step, 'sizes' | 'groups' | 'bindings'> & { readonly workgroups: number } => {
  const index = network.layers.length - 1;
  const { activation } = network.layers[index] as FieldJetLayer;
  const { groups, columns } = linearGroups((points * padded(outFeaturesOf(network))) / 4, LAST_THREADS);
  const learns = activation.learnable.length > 0;
  return {
    sizes: { points, columns },
    groups,
    workgroups: groups[0] * groups[1],
    bindings: {
      ...(activation.kind !== 'identity' && preActivationBinding(index)),
      ...learnedBinding(regions[index] as LayerRegions),
      ...(learns && { learnedSums: { slot: 'learnedSums' } }),
      result: { slot: 'g0' },
    },
  };
};

/** The reverse pass begins with what the buffer `upstream` holds, `[blocks][points][out]`. */
export const givenLastStep = (
  network: FieldJetNetwork,
  regions: ParameterRegions,
  { points, format }: Pick<PassOptions, 'points' | 'format'>,
): LastStep => {
  const jet = jetShapeOf(network);
  const { sizes, groups, bindings } = lastLayerStep(network, regions, points);
  return {
    slots: { upstream: blockCount(jet) * points * outFeaturesOf(network) },
    step: {
      shader: givenUpstream(network.layers.at(-1) as FieldJetLayer, jet, format),
      sizes,
      bindings: { ...bindings, upstream: { slot: 'upstream' } },
      groups,
    },
  };
};

/**
 * From the last layer back: the buffer `gradient` gets the derivatives with respect to all parameters as one vector, added to what is there where it
 * `continues`. With `reachesInput` the buffer `inputGradient` gets those with respect to the input, without padding.
 */
export const reversePart = (
  network: FieldJetNetwork,
  { layers: regions, count }: ParameterRegions,
  {
    points,
    style,
    format,
    continues,
    reachesInput,
    last,
  }: Omit<PassOptions, 'keeps'> & { readonly continues: boolean; readonly reachesInput: boolean; readonly last: LastStep },
): Part => {
  const jet = jetShapeOf(network);
  const blocks = blockCount(jet);
  const rows = blocks * points;
  const { parts, rowsPerPart } = shareRows(rows, count);
  const widest = Math.max(inputFeaturesOf(network), ...network.layers.map(({ outFeatures }) => outFeatures));
  const slots: Record<string, number> = {
    ...last.slots,
    g0: rows * padded(widest),
    g1: rows * padded(widest),
    parts: parts * count,
    gradient: count,
    learnedSums: 1,
  };
  const steps: Step[] = [last.step];
  /** How many workgroups wrote the sums of the present layer's learned parameters. */
  let sums = last.step.groups[0] * last.step.groups[1];
  for (let index = network.layers.length - 1; index >= 0; index--) {
    const layer = network.layers[index] as FieldJetLayer;
    const before = network.layers[index - 1];
    const region = regions[index] as LayerRegions;
    const [from, to] = (network.layers.length - 1 - index) % 2 === 0 ? ['g0', 'g1'] : ['g1', 'g0'];
    const { inFeatures, outFeatures, activation } = layer;
    if (region.learned) {
      const learned = activation.learnable.length;
      slots['learnedSums'] = Math.max(slots['learnedSums'] as number, sums * learned);
      steps.push({
        shader: learnedGradient(learned),
        sizes: { count: sums, parts, stride: count, offset: region.learned.start },
        bindings: { sums: { slot: 'learnedSums' }, parts: { slot: 'parts' } },
        groups: [1, 1, 1],
      });
    }
    const tile = gradientTile(layer, style);
    steps.push({
      shader: weightGradient(layer, style, { jet, format: formatBehind(network, index - 1, format) }),
      sizes: { rows, points, rowsPerPart, stride: count, offset: region.weight.start },
      bindings: {
        rows: { slot: index === 0 ? 'rows' : activationSlot(index - 1, true) },
        upstream: { slot: from },
        parts: { slot: 'parts' },
      },
      groups: [Math.ceil(outFeatures / tile.outputs), Math.ceil(inFeatures / tile.inputs), parts],
    });
    if (before === undefined && !reachesInput) break;
    // The first derivatives of coordinates are constant, so only their values have a gradient.
    const shape = before === undefined && inputBlocksOf(network) === 1 ? valueOnly : jet;
    const groups = productGroups(inFeatures, { points, blocks: blockCount(shape), style });
    sums = groups[0] * groups[1];
    const learns = before !== undefined && before.activation.learnable.length > 0;
    steps.push({
      shader: reverseLayer(layer, shape, { before: before?.activation, style, format }),
      sizes: { points },
      bindings: {
        rows: { slot: from },
        weights: region.weight.range,
        ...(before && before.activation.kind !== 'identity' && preActivationBinding(index - 1)),
        ...(learns && { ...learnedBinding(regions[index - 1] as LayerRegions), learnedSums: { slot: 'learnedSums' } }),
        result: { slot: to },
      },
      groups,
    });
    if (before === undefined) {
      const features = inputFeaturesOf(network);
      const inputRows = blockCount(shape) * points;
      const { groups: packGroups, columns } = linearGroups((inputRows * padded(features)) / 4, PACK_THREADS);
      slots['inputGradient'] = inputRows * features;
      steps.push({
        shader: unpackRows(features),
        sizes: { rows: inputRows, columns },
        bindings: { rows: { slot: to }, result: { slot: 'inputGradient' } },
        groups: packGroups,
      });
    }
  }
  const { groups, columns } = linearGroups(count, REDUCE_THREADS);
  steps.push({
    shader: sumParts,
    sizes: { count, parts, continues: Number(continues), columns },
    bindings: { parts: { slot: 'parts' }, total: { slot: 'gradient' } },
    groups,
  });
  return { slots, steps };
};
