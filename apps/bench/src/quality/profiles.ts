/** @file Plans by name. */
import type { Family, Plan } from './plan.ts';
import type { Network } from './trial.ts';

/** A plan, and how often each field is evaluated. */
export interface Profile extends Plan {
  readonly evaluations: number;
}

const peers = ['native', 'simd', 'pytorch'] as const;
const whole = { schedule: 'cosine', sampling: 'all', peers } as const;

/** All points in every step, as in the SIREN paper. */
const optimizers: readonly Family[] = [
  { ...whole, optimizer: 'adam', rates: [5e-4, 1e-3, 2e-3] },
  { ...whole, optimizer: 'muon', rates: [1e-3, 2e-3, 4e-3] },
];

/** The settings of the SIREN authors: Adam 1e-4, all points in every step. */
const published: Family = { ...whole, optimizer: 'adam', schedule: 'constant', rates: [1e-4] };

const batched = { optimizer: 'adam', schedule: 'cosine', rates: [5e-4, 1e-3, 2e-3] } as const;

const small: Network = { width: 128, layers: 3 };
/** The SIREN of the paper's image. */
const paper: Network = { width: 256, layers: 3 };

const atSize = (size: number, ...names: readonly string[]): Plan['signals'] => names.map(name => ({ name, size }));

/** The profiles by name. */
export const profiles: Readonly<Record<'quick' | 'full' | 'points', Profile>> = {
  quick: {
    signals: atSize(64, 'flower', 'sound', 'bunny', 'wave'),
    ...{ network: small, families: optimizers, budget: { steps: 200 }, seeds: [0], evaluations: 20 },
  },
  full: {
    signals: [...atSize(128, 'flower'), ...atSize(96, 'boats', 'airplane', 'sound', 'bunny', 'wave')],
    ...{ network: small, families: optimizers, budget: { steps: 300 }, seeds: [0, 1, 2], evaluations: 20 },
  },
  points: {
    signals: atSize(256, 'flower', 'boats', 'airplane'),
    ...{ network: paper, budget: { seconds: 11 }, seeds: [0], evaluations: 30 },
    families: [
      published,
      { ...batched, sampling: 'all', peers: ['native', 'pytorch'] },
      { ...batched, sampling: 'shuffled', batch: 4096, peers: ['native', 'pytorch'] },
      ...([4096, 16_384] as const).map(
        (batch): Family => ({ ...batched, sampling: 'stratified', batch, peers: ['native'] }),
      ),
      { ...batched, sampling: 'evos', peers: ['native'] },
      { ...batched, sampling: 'importance', batch: 4096, peers: ['native'] },
      { ...batched, sampling: 'coarse-to-fine', batch: 4096, peers: ['native'] },
    ],
  },
};
