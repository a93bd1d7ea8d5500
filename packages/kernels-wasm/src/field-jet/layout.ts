/** @file Where a network, its parameters and a tile's activations lie in memory; the records are those of `assembly/field.ts` and `jet.ts`. */
import type { FieldJetLayer, FieldJetNetwork } from '@neural-fields/core';
import type { Kernels } from '../wasm/kernels.ts';

/** The numbers by which `assembly/activations.ts` knows the activations of core. */
const ACTIVATIONS: Readonly<Record<string, number>> = {
  identity: 0,
  relu: 1,
  prelu: 2,
  sine: 3,
  tanh: 4,
  sigmoid: 5,
  silu: 6,
  softplus: 7,
  gaussian: 8,
  quadratic: 9,
  multiquadric: 10,
  laplacian: 11,
  'super-gaussian': 12,
  expsin: 13,
  finer: 14,
};

/** A tile's activations should fit in half of a second-level cache of 1 MiB. */
const TILE_BYTES = 2 ** 19;
const MOST_TILE_POINTS = 128;
const FEWEST_TILE_POINTS = 16;
/** Rows that are a power of two apart fall into the same lines of a cache. */
const ROW_PADDING = 16;

const FLOAT = 4;
const PANEL = 8;

const roundUp = (x: number, multiple: number): number => Math.ceil(x / multiple) * multiple;

/** Whether the kernels know an activation. */
export const hasActivation = (kind: string): boolean => kind in ACTIVATIONS;

/** Places of a layer's gradients from the start of a thread's gradients, in bytes. */
export interface LayerGradients {
  readonly weight: number;
  readonly bias: number;
  /** One number; see `parameterSum` in `assembly/jet.ts`. */
  readonly learned: number;
}

interface LayerPlan {
  readonly layer: FieldJetLayer;
  readonly outPanels: number;
  readonly inPanels: number;
  readonly stride: number;
  readonly isIdentity: boolean;
}

/** A network that is ready to run. All of it lives as long as the scope of the arena that it was made in. */
export interface PlacedNetwork {
  /** The address of the job's record. */
  readonly job: number;
  readonly gradients: readonly LayerGradients[];
  /** Bytes of one thread's gradients. */
  readonly gradientBytes: number;
}

/** Numbers in a row of a network's input. */
export const inputFeaturesOf = ({ inFeatures, encodedFeatures }: FieldJetNetwork): number => encodedFeatures ?? inFeatures;

const strideFor = (features: number): number => roundUp(features, PANEL) + ROW_PADDING;

const planLayer = (layer: FieldJetLayer): LayerPlan => {
  const outPanels = Math.ceil(layer.outFeatures / PANEL);
  return {
    layer,
    outPanels,
    inPanels: Math.ceil(layer.inFeatures / PANEL),
    stride: strideFor(layer.outFeatures),
    isIdentity: layer.activation.kind === 'identity',
  };
};

/** What a tile keeps: for the values and derivatives alone, for their reverse as well, or for the gradient by adjoints. */
type Purpose = 'forward' | 'reverse' | 'adjoint';

/** Offsets in a thread's scratch for a tile of so many rows. */
const planScratch = (plans: readonly LayerPlan[], rows: number, purpose: Purpose) => {
  const inputStride = strideFor((plans[0] as LayerPlan).layer.inFeatures);
  const keepsAll = purpose !== 'forward';
  let size = 0;
  const take = (floats: number): number => {
    const offset = size;
    size += roundUp(floats * FLOAT, 64);
    return offset;
  };
  const widest = Math.max(inputStride, ...plans.map(({ stride }) => stride));
  const input = take(rows * inputStride);
  const slopes = take(4 * widest);
  const shared = keepsAll ? [] : Array.from({ length: 4 }, () => take(rows * widest));
  const layers = plans.map(({ stride, isIdentity }, index) => {
    const parity = index % 2;
    const z = keepsAll ? take(rows * stride) : (shared[parity] as number);
    const h = isIdentity ? z : keepsAll ? take(rows * stride) : (shared[2 + parity] as number);
    const u = purpose === 'adjoint' ? take(rows * stride) : 0;
    return { z, h, u };
  });
  const [g0, g1] = keepsAll ? [take(rows * widest), take(rows * widest)] : [0, 0];
  const g2 = purpose === 'adjoint' ? take(rows * widest) : 0;
  return { bytes: size, input, slopes, layers, g0, g1, g2, widest };
};

/** The places of the gradients of all layers, panels as in `assembly/product.ts`. */
const planGradients = (plans: readonly LayerPlan[]): { readonly layers: readonly LayerGradients[]; readonly bytes: number } => {
  let bytes = 0;
  const layers = plans.map(({ layer, outPanels }) => {
    const weight = bytes;
    bytes += outPanels * roundUp(layer.inFeatures, 4) * PANEL * FLOAT;
    const bias = bytes;
    bytes += outPanels * PANEL * FLOAT;
    const learned = bytes;
    bytes += 4 * FLOAT;
    return { weight, bias, learned };
  });
  return { layers, bytes: roundUp(bytes, 64) };
};

/** Rows of a tile for each of its points. */
export const blocksOf = ({ inFeatures, order, forms }: FieldJetNetwork): number =>
  1 + (order >= 1 ? inFeatures : 0) + (forms?.weights.length ?? 0);

/**
 * Whether the gradient is worked out by adjoints (`assembly/scalar-gradient.ts`) and not by the jet: with one output, the former takes the
 * products of 2 rows of the jet whatever the number of coordinates d, the latter those of 1 + d.
 */
export const prefersAdjoint = ({ inFeatures, encodedFeatures, layers, order }: FieldJetNetwork): boolean =>
  order === 1 &&
  encodedFeatures === undefined &&
  layers.at(-1)?.outFeatures === 1 &&
  inFeatures >= 2 &&
  layers.every(({ activation }) => activation.learnable.length === 0);

/** The points of a tile: a multiple of 4 such that a tile's activations stay in the cache. */
const tilePointsFor = (plans: readonly LayerPlan[], rowsPerPoint: number, purpose: Purpose, points: number): number => {
  const bytesPerPoint = planScratch(plans, rowsPerPoint, purpose).bytes;
  const most = Math.max(FEWEST_TILE_POINTS, Math.min(MOST_TILE_POINTS, Math.floor(TILE_BYTES / bytesPerPoint / 4) * 4));
  return Math.min(most, roundUp(points, 4));
};

/** Where the numbers of a job go. */
export interface JobData {
  /** `[points][inFeatures]`, or the jets of an encoding, `[blocks][points][encodedFeatures]` */
  readonly coords: number;
  /** `[blocks][points][outFeatures]` */
  readonly outputs: number;
  /** As the outputs: the derivatives of the loss with respect to them or, where there is a loss, its targets. */
  readonly upstream: number;
  /** As `coords`. */
  readonly coordsGradient: number;
  /** The address of a loss's record; see `assembly/loss.ts`. 0 if there is none. */
  readonly loss: number;
}

/** What a network is placed for. */
export interface PlaceOptions {
  readonly forReverse: boolean;
  /** The most points that a job will have. */
  readonly points: number;
  readonly data: JobData;
}

/** Copies the parameters in the order of the kernel's inputs, and writes the records. */
export const placeNetwork = (
  { wasm, arena, pool }: Kernels,
  network: FieldJetNetwork,
  parameters: readonly Float32Array[],
  { forReverse, points, data }: PlaceOptions,
): PlacedNetwork => {
  const { layers, inFeatures, encodedFeatures, order, forms } = network;
  const plans = layers.map(planLayer);
  const adjoint = prefersAdjoint(network);
  const purpose = adjoint ? 'adjoint' : forReverse ? 'reverse' : 'forward';
  const rowsPerPoint = adjoint ? 1 : blocksOf(network);
  const tilePoints = tilePointsFor(plans, rowsPerPoint, purpose, points);
  const scratch = planScratch(plans, rowsPerPoint * tilePoints, purpose);
  const gradients = planGradients(plans);
  let next = 0;
  const records = plans.map((plan, index) => {
    const { layer, outPanels, inPanels } = plan;
    const { inFeatures: k, outFeatures: n } = layer;
    const weights = arena.take(outPanels * k * PANEL * FLOAT);
    const bias = arena.take(outPanels * PANEL * FLOAT);
    const needsTransposed = forReverse || adjoint;
    const transposed = needsTransposed ? arena.take(inPanels * n * PANEL * FLOAT) : 0;
    arena.scope(() => {
      const raw = arena.put(parameters[next++] as Float32Array);
      wasm.packPanels(raw, k, n, n, weights);
      if (needsTransposed) wasm.packTransposedPanels(raw, n, k, n, transposed);
    });
    arena.floats(bias, outPanels * PANEL).fill(0);
    if (layer.hasBias) arena.floats(bias, n).set(parameters[next++] as Float32Array);
    const { parameters: fixed, learnable } = layer.activation;
    const learned = Object.fromEntries(learnable.map(name => [name, parameters[next++]?.[0] as number]));
    const [a = 0, b = 0] = Object.keys(fixed).map(name => learned[name] ?? (fixed[name] as number));
    return { plan, weights, bias, transposed, a, b, places: scratch.layers[index] as { z: number; h: number; u: number } };
  });
  const pairs = arena.take(8 * Math.max(1, forms?.pairs.length ?? 0));
  const weights = arena.put(forms?.weights.flat() ?? []);
  const formsRecord = arena.take(24);
  const layerRecords = arena.take(72 * layers.length);
  const job = arena.take(100);
  const noForms = arena.take(24);
  const allScratch = arena.take(scratch.bytes * pool.count);
  const allGradients = arena.take(forReverse ? gradients.bytes * pool.count : 0);
  if (forReverse) wasm.clear(allGradients, gradients.bytes * pool.count);

  arena.integers(pairs, 2 * (forms?.pairs.length ?? 0)).set(forms?.pairs.flat() ?? []);
  arena
    .integers(formsRecord, 6)
    .set([
      order >= 1 ? inFeatures : 0,
      forms?.weights.length ?? 0,
      forms?.pairs.length ?? 0,
      pairs,
      weights,
      scratch.widest * FLOAT,
    ]);
  for (const [index, { plan, weights, bias, transposed, a, b, places }] of records.entries()) {
    const { layer, outPanels, inPanels, stride } = plan;
    const { kind } = layer.activation;
    const address = layerRecords + 72 * index;
    const { weight, bias: biasGradient, learned } = gradients.layers[index] as LayerGradients;
    arena
      .integers(address, 18)
      .set([
        layer.inFeatures,
        layer.outFeatures,
        outPanels,
        inPanels,
        stride,
        ACTIVATIONS[kind] as number,
        0,
        0,
        weights,
        bias,
        transposed,
        weight,
        biasGradient,
        places.z,
        places.h,
        places.u,
        Number(layer.activation.learnable.length > 0),
        learned,
      ]);
    arena.floats(address + 24, 2).set([a, b]);
  }
  arena.integers(noForms, 6).set([0, 0, 0, pairs, weights, scratch.widest * FLOAT]);
  const outFeatures = (layers.at(-1) as FieldJetLayer).outFeatures;
  arena
    .integers(job, 25)
    .set([
      layers.length,
      layerRecords,
      formsRecord,
      inFeatures,
      outFeatures,
      0,
      tilePoints,
      data.coords,
      data.outputs,
      data.upstream,
      data.coordsGradient,
      allScratch,
      scratch.bytes,
      allGradients,
      gradients.bytes,
      scratch.input,
      scratch.g0,
      scratch.g1,
      scratch.slopes,
      scratch.g2,
      noForms,
      data.loss,
      Number(encodedFeatures !== undefined),
      inputFeaturesOf(network),
      strideFor(inputFeaturesOf(network)),
    ]);
  return { job, gradients: gradients.layers, gradientBytes: gradients.bytes };
};

/** Where in a job's record the number of points stands. */
export const POINTS_WORD = 5;
/** Where in a job's record the gradients' address stands. */
export const GRADIENTS_WORD = 13;
