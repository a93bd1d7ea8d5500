/** @file What a run compares. */
import type { Budget, Method, Network, QualityPeer, Trial } from './trial.ts';

/** A matrix of trials: every signal with every method and seed. */
export interface Profile {
  readonly signals: readonly string[];
  /** Samples per side. */
  readonly size: number;
  readonly network: Network;
  readonly methods: readonly Method[];
  readonly budget: Budget;
  readonly seeds: readonly number[];
  /** How often each field is evaluated. */
  readonly evaluations: number;
}

/** The SIREN of the paper's image. */
const paper: Network = { width: 256, layers: 3 };

const all: Pick<Method, 'optimizer' | 'schedule' | 'sampling'> = {
  optimizer: 'adam',
  schedule: 'cosine',
  sampling: 'all',
};

/** The settings of the SIREN authors: Adam 1e-4, all points in every step. */
const published = (peer: QualityPeer): Method => ({ ...all, peer, schedule: 'constant', rate: 1e-4 });

const rates = (values: readonly number[], method: Omit<Method, 'rate'>): Method[] =>
  values.map(rate => ({ ...method, rate }));

/** The best settings of each program, with a sweep of learning rates. */
const sweeps = (values: readonly number[]): readonly Method[] => [
  published('native'),
  ...rates(values, { ...all, peer: 'native' }),
  ...rates(values, { ...all, peer: 'native', sampling: 'stratified', batch: 4096 }),
  published('pytorch'),
  ...rates(values, { ...all, peer: 'pytorch' }),
  ...rates(values, { ...all, peer: 'pytorch', sampling: 'shuffled', batch: 4096 }),
];

/** The ways to choose points, at one learning rate. */
const samplings: readonly Method[] = [
  { ...all, peer: 'native', rate: 1e-3, sampling: 'stratified', batch: 16_384 },
  { ...all, peer: 'native', rate: 1e-3, sampling: 'evos' },
  { ...all, peer: 'native', rate: 1e-3, sampling: 'soft-mining', batch: 4096 },
];

/** The ways to choose points that the quick profile leaves out. */
const moreSamplings: readonly Method[] = [
  { ...all, peer: 'native', rate: 1e-3, sampling: 'shuffled', batch: 4096 },
  { ...all, peer: 'native', rate: 1e-3, sampling: 'coarse-to-fine', batch: 4096 },
];

/** The profiles by name. */
export const profiles: Readonly<Record<'quick' | 'full', Profile>> = {
  quick: {
    signals: ['flower', 'boats', 'airplane'],
    ...{ size: 256, network: paper, budget: { seconds: 11 }, seeds: [0], evaluations: 30 },
    methods: [
      ...sweeps([5e-4, 1e-3, 2e-3]),
      ...samplings,
      { ...all, peer: 'native', optimizer: 'muon', rate: 4e-3 },
      { ...all, peer: 'native', optimizer: 'soap', rate: 2e-3 },
      { ...all, peer: 'simd', rate: 1e-3 },
      { ...all, peer: 'pytorch', optimizer: 'muon', rate: 4e-3 },
    ],
  },
  full: {
    signals: ['flower', 'boats', 'airplane', 'sound', 'torus'],
    ...{ size: 256, network: paper, budget: { seconds: 60 }, seeds: [0, 1, 2], evaluations: 60 },
    methods: [
      ...sweeps([2e-4, 5e-4, 1e-3, 2e-3, 4e-3]),
      ...samplings,
      ...moreSamplings,
      ...rates([5e-4, 1e-3, 2e-3], { ...all, peer: 'simd' }),
      ...rates([2e-3, 4e-3, 8e-3], { ...all, peer: 'native', optimizer: 'muon' }),
      ...rates([1e-3, 2e-3, 3e-3], { ...all, peer: 'native', optimizer: 'soap' }),
      ...rates([2e-3, 4e-3, 8e-3], { ...all, peer: 'pytorch', optimizer: 'muon' }),
    ],
  },
};

/** The trials of a profile: seed by seed, so that a run that is stopped has all methods for some seeds. */
export const trialsOf = ({ signals, size, network, methods, budget, seeds }: Profile): readonly Trial[] =>
  seeds.flatMap(seed =>
    signals.flatMap(signal => methods.map(method => ({ signal, size, network, method, budget, seed }))),
  );

/** What a trial costs besides its training: the start of the peer, calibration, and evaluations. */
const OVERHEAD = { seconds: 6, share: 0.15 } as const;

/** The predicted time of trials in seconds; `undefined` for budgets in steps, whose time is not known in advance. */
export const predictedSeconds = (trials: readonly Trial[]): number | undefined => {
  let sum = 0;
  for (const { budget } of trials) {
    if (!('seconds' in budget)) return undefined;
    sum += OVERHEAD.seconds + (1 + OVERHEAD.share) * budget.seconds;
  }
  return sum;
};
