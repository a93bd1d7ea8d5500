/** @file One training run: what is fitted, by which method, for how long. */
/** The programs that take part. */
export const qualityPeers = ['native', 'simd', 'pytorch'] as const;

/** One of {@link qualityPeers}. */
export type QualityPeer = (typeof qualityPeers)[number];

/** The optimizers that the peers have. */
export const optimizerNames = ['adam', 'adamw', 'muon', 'soap'] as const;

/** One of {@link optimizerNames}. */
export type OptimizerName = (typeof optimizerNames)[number];

/** The learning rate of Adam for the parameters that Muon does not train: its default in this project. */
export const RATE_BESIDE_MUON = 1e-3;

/** How the points of a step are chosen. */
export const samplings = ['all', 'shuffled', 'stratified', 'evos', 'importance', 'coarse-to-fine'] as const;

/** One of {@link samplings}. */
export type Sampling = (typeof samplings)[number];

/** A SIREN: hidden layers counted as in its paper, omega 30 in all layers but the first. */
export interface Network {
  readonly width: number;
  readonly layers: number;
  /** The factor on its initial weights: `weightScale` of `siren`. 1 if absent. */
  readonly weightScale?: number;
}

/** How a network is trained. */
export interface Method {
  readonly peer: QualityPeer;
  readonly optimizer: OptimizerName;
  readonly rate: number;
  readonly schedule: 'constant' | 'cosine';
  readonly sampling: Sampling;
  /** The number of points in a step; absent for `all`, and for `evos`, which takes half of them. */
  readonly batch?: number;
}

/** The length of a run: its updates, or the seconds that its training steps may take. */
export type Budget = { readonly steps: number } | { readonly seconds: number };

/** Everything that a result depends on, besides the machine and the programs. */
export interface Trial {
  readonly signal: string;
  /** Samples along each axis. */
  readonly size: number;
  readonly network: Network;
  readonly method: Method;
  readonly budget: Budget;
  /** The seed of the initial parameters and the points. */
  readonly seed: number;
}

/** `0.001` as `1e-3`, `0.0005` as `5e-4`. */
export const formatRate = (rate: number): string => rate.toExponential().replace('e+0', '');

/** `adam cosine, shuffled 4096`: a method without its program and learning rate. */
export const describeFamily = ({ optimizer, schedule, sampling, batch }: Omit<Method, 'peer' | 'rate'>): string =>
  `${optimizer} ${schedule}, ${sampling}${batch === undefined ? '' : ` ${batch}`}`;

/** `native adam cosine, shuffled 4096`: a method without its learning rate. */
export const describeGroup = ({ peer, ...family }: Omit<Method, 'rate'>): string => `${peer} ${describeFamily(family)}`;

/** `native adam cosine 1e-3, all` */
export const describeMethod = (method: Method): string =>
  describeGroup(method).replace(',', ` ${formatRate(method.rate)},`);

/** `SIREN 256 x 3`, or with ` x2.5` after it where weights are scaled. */
export const describeNetwork = ({ width, layers, weightScale = 1 }: Network): string =>
  `SIREN ${width} x ${layers}${weightScale === 1 ? '' : `, weights x${weightScale}`}`;

/** `boats 256, SIREN 256 x 3, native adam cosine 1e-3, all, seed 0` */
export const describeTrial = ({ signal, size, network, method, seed }: Trial): string =>
  `${signal} ${size}, ${describeNetwork(network)}, ${describeMethod(method)}, seed ${seed}`;

/** Increased when a change to this program makes the same settings give other results. */
export const TRIAL_REVISION = 2;
