/** @file The tables of the page. */
import { formatCount, plural } from '@neural-fields/app-kit';
import type { FigureTable } from '@neural-fields/report';
import { type Supervision, supervisions } from '../protocol.ts';
import {
  bestRate,
  describeCase,
  deviceOf,
  formatAverage,
  formatMemory,
  formatProduct,
  formatRate,
  formatRatio,
  formatShare,
  formatTime,
} from './describe.ts';
import type { Case, Outcome, Result, Results, SgemmRate } from './results.ts';
import { bestSgemm } from './sgemm.ts';

type Measured = Extract<Outcome, { readonly state: 'measured' }>;

/** The outcome of a peer in a case, where it was measured. */
export const measuredIn = (results: readonly Result[], peer: string, each: Case): Measured | undefined => {
  const found = results.find(
    result =>
      result.peer === peer &&
      result.case.supervision === each.supervision &&
      result.case.width === each.width &&
      result.case.points === each.points,
  );
  return found?.outcome.state === 'measured' ? found.outcome : undefined;
};

/** The cases of a supervision, each once, in the order of the run. */
export const casesOf = (results: readonly Result[], supervision: Supervision): Case[] => {
  const cases = new Map(
    results
      .filter(result => result.case.supervision === supervision)
      .map(result => [describeCase(result.case), result.case]),
  );
  return [...cases.values()];
};

/** The peers that were measured in some case, in their order. */
export const measuredPeers = ({ peers, results }: Results): string[] =>
  Object.keys(peers).filter(peer =>
    results.some(result => result.peer === peer && result.outcome.state === 'measured'),
  );

const rowName = ({ width, points }: Case): string => `${width} wide, ${formatCount(points)} points`;

const cell = (found: Results, peer: string, each: Case, show: (measured: Measured) => string): string => {
  const measured = measuredIn(found.results, peer, each);
  if (measured) return show(measured);
  const result = found.results.find(one => one.peer === peer && describeCase(one.case) === describeCase(each));
  return result?.outcome.state ?? '';
};

const spread = ({ seconds: { median, lowest, highest } }: Measured): string => {
  const [down, up] = [(100 * (median - lowest)) / median, (100 * (highest - median)) / median];
  return `${formatTime(median)} −${down.toFixed(0)}/+${up.toFixed(0)} %`;
};

/** Medians with their spread. */
export const timeTable = (found: Results, supervision: Supervision): FigureTable => {
  const peers = measuredPeers(found);
  return {
    header: ['', ...peers],
    rows: casesOf(found.results, supervision).map(each => [
      rowName(each),
      ...peers.map(peer => cell(found, peer, each, spread)),
    ]),
  };
};

/** The speed-up of the other peers over one of them: its time divided by theirs. */
export const speedUpTable = (found: Results, supervision: Supervision, over: string): FigureTable => {
  const peers = measuredPeers(found).filter(peer => peer !== over);
  return {
    header: ['', ...peers],
    rows: casesOf(found.results, supervision).flatMap(each => {
      const base = measuredIn(found.results, over, each);
      if (base === undefined) return [];
      return [
        [
          rowName(each),
          ...peers.map(peer =>
            cell(found, peer, each, ({ seconds }) => formatRatio(base.seconds.median / seconds.median)),
          ),
        ],
      ];
    }),
  };
};

/** The memory of the peers' processes. */
export const memoryTable = (found: Results, supervision: Supervision): FigureTable => {
  const peers = measuredPeers(found);
  return {
    header: ['', ...peers],
    rows: casesOf(found.results, supervision).map(each => [
      rowName(each),
      ...peers.map(peer => cell(found, peer, each, ({ peakMemory }) => formatMemory(peakMemory))),
    ]),
  };
};

/** The rate of `simd` in its matrix products, and the share of what its own kernel reaches in the cache. */
export const simdRateTable = ({ results, attainableRate }: Results): FigureTable => ({
  header: ['', 'GFLOP/s', 'share'],
  rows: results.flatMap(({ peer, case: each, outcome }) =>
    peer === 'simd' && outcome.state === 'measured' && outcome.rate !== undefined && attainableRate !== undefined
      ? [[describeCase(each), outcome.rate.toFixed(1), formatShare(outcome.rate / attainableRate)]]
      : [],
  ),
});

/** The rates of the libraries' products: a row for each library and number of threads, a column for each size. */
export const sgemmTable = ({ sgemm }: Results): FigureTable => {
  const sizes = [...new Set(sgemm.map(formatProduct))];
  const nameOf = ({ library, threads }: SgemmRate): string => `${library}, ${plural(threads, 'thread')}`;
  return {
    header: ['', ...sizes],
    rows: [...new Set(sgemm.map(nameOf))].map(name => [
      name,
      ...sizes.map(size => {
        const rate = sgemm.find(each => nameOf(each) === name && formatProduct(each) === size)?.rate;
        return rate === undefined ? '' : formatRate(rate);
      }),
    ]),
  };
};

/** What a peer on the processor reaches in the products of a step, as a share of the highest rate of the libraries. */
export const shareOfSgemm = (found: Results, peer: string, { rate }: Measured): number | undefined => {
  const best = deviceOf(found, peer) === undefined ? bestSgemm(found.sgemm) : undefined;
  return best && rate !== undefined ? rate / best.rate : undefined;
};

/** A value in every case, for the peers that have it in at least one of them; no rows where no peer has it. */
const knownTable = <T>(
  found: Results,
  of: (measured: Measured, peer: string) => T | undefined,
  text: (value: T, measured: Measured) => string,
): FigureTable => {
  const peers = measuredPeers(found).filter(peer =>
    found.results.some(
      ({ peer: name, outcome }) => name === peer && outcome.state === 'measured' && of(outcome, peer) !== undefined,
    ),
  );
  return {
    header: ['', ...peers],
    rows:
      peers.length === 0
        ? []
        : supervisions
            .flatMap(supervision => casesOf(found.results, supervision))
            .map(each => [
              describeCase(each),
              ...peers.map(peer =>
                cell(found, peer, each, measured => {
                  const value = of(measured, peer);
                  return value === undefined ? '' : text(value, measured);
                }),
              ),
            ]),
  };
};

/** The rates of peers on the processor in the matrix products of their steps, and their shares of the highest rate. */
export const sgemmShareTable = (found: Results): FigureTable =>
  knownTable(
    found,
    (measured, peer) => shareOfSgemm(found, peer, measured),
    (share, { rate }) => `${formatRate(rate ?? 0)}, ${formatShare(share)}`,
  );

/** The memory of the devices, where a peer has one; no rows where none has. */
export const deviceMemoryTable = (found: Results): FigureTable =>
  knownTable(found, ({ deviceMemory }) => deviceMemory, formatMemory);

/** The work of the host in a step, where it was counted. */
export const demandsTable = ({ results }: Results): FigureTable => ({
  header: ['', 'a step', 'host', 'dispatches', 'submissions', 'read-backs', "the kernels' buffers"],
  rows: results.flatMap(({ peer, case: each, outcome }) => {
    if (outcome.state !== 'measured' || outcome.demands === undefined) return [];
    const { hostSeconds, dispatches, submissions, readBacks, kernelBytes } = outcome.demands;
    return [
      [
        `${peer}: ${describeCase(each)}`,
        formatTime(outcome.seconds.median),
        formatTime(hostSeconds),
        ...[dispatches, submissions, readBacks].map(formatAverage),
        kernelBytes === undefined ? '' : formatMemory(kernelBytes),
      ],
    ];
  }),
});

/**
 * What a peer on a graphics card reaches in the matrix products of a step, as a share of what large products alone
 * reach there; `undefined` on an emulated card.
 */
export const shareOfDevice = (found: Results, peer: string, { rate }: Measured): number | undefined => {
  const device = deviceOf(found, peer);
  const best = device && !device.software ? bestRate(found) : undefined;
  return best && rate !== undefined ? rate / best.rate : undefined;
};

/** The rates of peers on a device in their matrix products. */
export const deviceRateTable = (found: Results): FigureTable => ({
  header: ['', 'in a step', 'share'],
  rows: found.results.flatMap(({ peer, case: each, outcome }) => {
    const share = outcome.state === 'measured' ? shareOfDevice(found, peer, outcome) : undefined;
    return outcome.state === 'measured' && outcome.rate !== undefined && share !== undefined
      ? [[`${peer}: ${describeCase(each)}`, formatRate(outcome.rate), formatShare(share)]]
      : [];
  }),
});

/** How derivatives were computed, in chunks of how many points and on how many threads, where the peer had a choice. */
export const choiceTable = ({ results }: Results): FigureTable => ({
  header: ['', 'derivatives', 'points in a chunk', 'threads', 'first step'],
  rows: results.flatMap(({ peer, case: each, outcome }) =>
    outcome.state === 'measured' && outcome.chunk !== undefined
      ? [
          [
            `${peer}: ${describeCase(each)}`,
            outcome.way ?? '',
            formatCount(outcome.chunk),
            outcome.threads === undefined ? '' : formatCount(outcome.threads),
            formatTime(outcome.firstStep),
          ],
        ]
      : [],
  ),
});

/** What was not measured, with the reason: cases of one peer with the same reason in one row. */
export const absentRows = ({ results }: Results): readonly (readonly [string, string])[] => {
  const byReason = new Map<string, string[]>();
  for (const { peer, case: each, outcome } of results) {
    if (outcome.state === 'measured') continue;
    const key = `${peer}\n${outcome.state}: ${outcome.reason}`;
    byReason.set(key, [...(byReason.get(key) ?? []), describeCase(each)]);
  }
  const total = new Set(results.map(result => describeCase(result.case))).size;
  return [...byReason].map(([key, cases]) => {
    const [peer, reason] = key.split('\n') as [string, string];
    return [peer, `${reason} (${cases.length === total ? 'all cases' : cases.join('; ')})`];
  });
};
