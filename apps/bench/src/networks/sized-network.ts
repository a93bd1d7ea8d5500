/** @file Networks of about the same number of parameters. */
import { type FieldSpec, parameterLayout } from '@neural-fields/core';
import { type NetworkPreset, networkExtensions, type SignalSize } from '@neural-fields/networks';

/** Options of a preset. */
export type NetworkOptions = Readonly<Record<string, number | string>>;

/** A network with its size. */
export interface SizedNetwork {
  readonly spec: FieldSpec;
  readonly options: NetworkOptions;
  readonly parameters: number;
}

/** The options of a network of a size that grows with `width`. */
type OptionsOfWidth = (width: number) => NetworkOptions;

/** Widths of layers that belong together, where the paper has more than one. */
const WIDTHS: Readonly<Record<string, OptionsOfWidth>> = {
  // As many frequencies as features: 256 of both in the paper.
  'relu-fourier-features': width => ({ hiddenFeatures: width, features: width }),
  // Four times as many functions as features: 1,024 and 256 in the paper.
  'relu-rbf': width => ({ hiddenFeatures: width, features: 4 * width }),
  rbf: width => ({ features: width }),
  // One signal needs no long code; with the paper's 256 values the network could not be small.
  'siren-latent': width => ({ hiddenFeatures: width, latentFeatures: 16 }),
  deepsdf: width => ({ hiddenFeatures: width, latentFeatures: 16 }),
};

const ofWidth: OptionsOfWidth = width => ({ hiddenFeatures: width });

/** The highest width that is tried. */
const MAX_WIDTH = 2 ** 14;

const sizedNetwork = (preset: NetworkPreset, size: SignalSize, options: NetworkOptions): SizedNetwork => {
  const spec = preset.spec(size, options);
  return { spec, options, parameters: parameterLayout(spec, networkExtensions).size };
};

/** The network with the number of parameters nearest to a number, if there is one that narrow. */
const nearestWidth = (networkOf: (width: number) => SizedNetwork, parameters: number): SizedNetwork => {
  const attempt = (width: number): SizedNetwork | RangeError => {
    try {
      return networkOf(width);
    } catch (error) {
      if (error instanceof RangeError) return error;
      throw error;
    }
  };
  // The widest network with at most that many parameters; one that cannot be so narrow counts as small.
  let [low, high] = [0, MAX_WIDTH];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const found = attempt(middle);
    if (found instanceof RangeError || found.parameters <= parameters) low = middle;
    else high = middle;
  }
  const both = [low, high].filter(width => width > 0).map(attempt);
  const possible = both.flatMap(found => (found instanceof RangeError ? [] : [found]));
  const [first, ...rest] = possible;
  if (first === undefined) throw both[0];
  const distance = (found: SizedNetwork): number => Math.abs(found.parameters - parameters);
  return rest.reduce((best, other) => (distance(other) < distance(best) ? other : best), first);
};

/** The sizes of Instant-NGP's network, the paper's first, and of its tables. */
const GRID = { widths: [64, 48, 32, 24, 16, 8], log2Sizes: { from: 2, to: 19 } } as const;
/** How much nearer to the number of parameters a narrower network must come, as a part of it. */
const NARROWER = 0.05;

/** Instant-NGP: the tables take what the small network behind them leaves. */
const nearestGrid = (networkOf: (options: NetworkOptions) => SizedNetwork, parameters: number): SizedNetwork => {
  let best: { readonly found: SizedNetwork; readonly cost: number } | undefined;
  for (const [place, hiddenFeatures] of GRID.widths.entries())
    for (let log2HashmapSize = GRID.log2Sizes.from; log2HashmapSize <= GRID.log2Sizes.to; log2HashmapSize++) {
      const found = networkOf({ hiddenFeatures, log2HashmapSize });
      const cost = Math.abs(found.parameters / parameters - 1) + NARROWER * place;
      if (best === undefined || cost < best.cost) best = { found, cost };
    }
  return (best as { readonly found: SizedNetwork }).found;
};

/**
 * The network of a preset whose number of parameters is nearest to a given one.
 *
 * @param options that are fixed, such as frequencies
 * @param parameters the preset's own size if absent
 * @throws RangeError when the network cannot be that narrow
 */
export const solveSize = (
  preset: NetworkPreset,
  size: SignalSize,
  { options, parameters }: { readonly options: NetworkOptions; readonly parameters?: number | undefined },
): SizedNetwork => {
  const networkOf = (own: NetworkOptions): SizedNetwork => sizedNetwork(preset, size, { ...options, ...own });
  if (parameters === undefined) return networkOf({});
  if (preset.name === 'instant-ngp') return nearestGrid(networkOf, parameters);
  const optionsOf = WIDTHS[preset.name] ?? ofWidth;
  return nearestWidth(width => networkOf(optionsOf(width)), parameters);
};
