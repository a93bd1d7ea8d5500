/** @file The page about a run. */
import { formatCount } from '@neural-fields/app-kit';
import {
  escapeHtml,
  figureTable,
  makePage,
  numberList,
  plotFigure,
  propertyTable,
  section,
} from '@neural-fields/report';
import { describeParity } from '../gpu/parity.ts';
import { type Supervision, supervisions } from '../protocol.ts';
import {
  busyWarning,
  describeCase,
  describeSgemm,
  emulationWarning,
  formatMemory,
  formatRate,
  formatRatio,
  formatShare,
} from './describe.ts';
import { OPPONENTS, peersToBeat } from './opponents.ts';
import { peerDefinitions } from './peers.ts';
import { type Colours, colourOf, type Sample, scalingPlot, timeBars } from './plots.ts';
import type { Case, Results } from './results.ts';
import { bestSgemm } from './sgemm.ts';
import { median } from './statistics.ts';
import {
  absentRows,
  casesOf,
  choiceTable,
  demandsTable,
  deviceMemoryTable,
  deviceRateTable,
  measuredIn,
  measuredPeers,
  memoryTable,
  sgemmShareTable,
  sgemmTable,
  simdRateTable,
  speedUpTable,
  timeTable,
} from './tables.ts';

const css = `
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.25rem; max-width: none; font-size: 0.95rem; }
.legend span::before { content: ''; display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.4em; border-radius: 2px; background: var(--colour); }
h3 { font-size: 1.05rem; font-weight: 600; margin: 1.5rem 0 0.2rem; }
`;

const names: Readonly<Record<Supervision, string>> = { value: 'Value', gradient: 'Gradient', laplacian: 'Laplacian' };

const titleOf = (peer: string): string => peerDefinitions.find(({ name }) => name === peer)?.title ?? peer;

const unique = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

/**
 * The width and the number of points of bars and lines: those that the most peers have a time for, and of these the
 * largest.
 */
export const representative = ({ results }: Results): Pick<Case, 'width' | 'points'> | undefined => {
  const counts = new Map<string, { width: number; points: number; count: number }>();
  for (const { case: each, outcome } of results) {
    if (outcome.state !== 'measured') continue;
    const { width, points } = each;
    const known = counts.get(`${width} ${points}`) ?? { width, points, count: 0 };
    counts.set(`${width} ${points}`, { ...known, count: known.count + 1 });
  }
  // A width of 256 is the usual one.
  const rank = ({ width, points, count }: { width: number; points: number; count: number }): number =>
    (width === 256 ? 1e12 : 0) + count * 1e9 + Math.log2(points * width * width);
  return [...counts.values()].sort((a, b) => rank(b) - rank(a))[0];
};

const legend = (colours: Colours): string =>
  `<p class="legend">${colours
    .map(
      peer =>
        `<span style="--colour: ${colourOf(peer, colours)}">${escapeHtml(peer)}: ${escapeHtml(titleOf(peer))}</span>`,
    )
    .join('')}</p>`;

interface View {
  readonly found: Results;
  readonly colours: Colours;
  readonly width: number;
  readonly points: number;
  /** The supervisions that were measured. */
  readonly shown: readonly Supervision[];
}

const samplesOf = (
  { found, colours }: View,
  supervision: Supervision,
  pick: (each: Case) => number | undefined,
  quantity: 'time' | 'memory',
): Sample[] =>
  casesOf(found.results, supervision).flatMap(each => {
    const size = pick(each);
    if (size === undefined) return [];
    return colours.flatMap(peer => {
      const measured = measuredIn(found.results, peer, each);
      if (measured === undefined) return [];
      return [{ peer, size, value: quantity === 'time' ? measured.seconds.median : measured.peakMemory }];
    });
  });

const headline = ({ found, width, points, shown }: View): string => {
  const ratios = OPPONENTS.flatMap(([peer, opponents]) =>
    shown.flatMap(supervision => {
      const each = { supervision, width, points };
      const own = measuredIn(found.results, peer, each);
      // The first two if there are several: eager and compiled, in float32.
      return opponents.slice(0, 2).flatMap(opponent => {
        const other = measuredIn(found.results, opponent, each);
        const name = `${names[supervision]}: speed-up of ${peer} over ${titleOf(opponent)}`;
        return own && other ? [[name, formatRatio(other.seconds.median / own.seconds.median)] as const] : [];
      });
    }),
  );
  return ratios.length === 0 ? '' : numberList(ratios);
};

const barsSection = (view: View): string =>
  section(
    'A step',
    `<p>The median of ${view.found.rounds} rounds in which the peers take turns: ${view.width} wide, ${formatCount(view.points)} points. Shorter is better.</p>
<div class="figures two plots">
${view.shown
  .map(supervision => {
    const samples = samplesOf(
      view,
      supervision,
      each => (each.width === view.width && each.points === view.points ? 1 : undefined),
      'time',
    );
    const captionHtml = `Supervised by the ${supervision === 'laplacian' ? 'Laplacian' : supervision}.`;
    return samples.length === 0
      ? ''
      : plotFigure(timeBars(samples, view.colours), { title: names[supervision], captionHtml });
  })
  .join('\n')}
</div>`,
  );

const scalingSection = (view: View): string => {
  const { colours, width, points, shown } = view;
  const plots = (quantity: 'time' | 'memory', over: 'points' | 'width'): string => {
    const fixed = over === 'points' ? `${width} wide` : `${formatCount(points)} points`;
    const figures = shown.flatMap(supervision => {
      const pick = (each: Case): number | undefined =>
        over === 'points'
          ? each.width === width
            ? each.points
            : undefined
          : each.points === points
            ? each.width
            : undefined;
      const samples = samplesOf(view, supervision, pick, quantity);
      if (unique(samples.map(({ size }) => size)).length < 2) return [];
      const svg = scalingPlot(samples, { size: over, quantity, colours });
      return [plotFigure(svg, { title: `${names[supervision]}: ${quantity} over ${over}`, captionHtml: `${fixed}.` })];
    });
    return figures.length === 0 ? '' : `<div class="figures two plots">\n${figures.join('\n')}\n</div>`;
  };
  const [overPoints, overWidths, memory] = [plots('time', 'points'), plots('time', 'width'), plots('memory', 'points')];
  const time =
    overPoints + overWidths === ''
      ? ''
      : section('Scaling', `<p>Both axes are logarithmic.</p>\n${legend(colours)}\n${overPoints}\n${overWidths}`);
  const onDevice = deviceMemoryTable(view.found);
  const space = section(
    'Memory',
    `<p>The peak of the resident memory of the peer's process during the steps, including code, libraries and points.</p>
${memory === '' ? '' : `${legend(colours)}\n${memory}`}
${shown.map(supervision => `<h3>${names[supervision]}</h3>\n${figureTable(memoryTable(view.found, supervision))}`).join('\n')}
${onDevice.rows.length === 0 ? '' : `<h3>On the device</h3>\n<p>The peak of the memory of its buffers or tensors.</p>\n${figureTable(onDevice)}`}`,
  );
  return time + space;
};

const timesSection = ({ found, shown, colours }: View): string => {
  const against = peersToBeat.filter(peer => colours.includes(peer));
  return section(
    'All times',
    `<p>Medians of ${found.rounds} rounds, with the differences of the fastest and the slowest round.</p>
${shown.map(supervision => `<h3>${names[supervision]}</h3>\n${figureTable(timeTable(found, supervision))}`).join('\n')}
${against
  .flatMap(opponent =>
    shown.flatMap(supervision => {
      const table = speedUpTable(found, supervision, opponent);
      // No other peer has a time in the same cases.
      if (table.rows.length === 0 || table.header.length < 2) return [];
      return [`<h3>${names[supervision]}: speed-up over ${escapeHtml(titleOf(opponent))}</h3>\n${figureTable(table)}`];
    }),
  )
  .join('\n')}`,
  );
};

const demandsSection = ({ found }: View): string => {
  const table = demandsTable(found);
  return table.rows.length === 0
    ? ''
    : section(
        'Work of the host in a step',
        `<p>On WebGPU the host records a step and submits it to the device, which may still be working on the step before. <i>Host</i> is the median time from one update
to the next while nothing is read, without the time that the host waits for the device. Where it is shorter than the step, the device is never idle. Dispatches,
submissions and read-backs are counted for a step that is not reported; a report adds one read-back.</p>
${figureTable(table)}`,
      );
};

const deviceRateSection = ({ found }: View): string => {
  const table = deviceRateTable(found);
  if (table.rows.length === 0) return '';
  const rates = found.deviceRates.map(
    ({ peer, precision, rate }) => `${formatRate(rate)} in ${precision} by <code>${escapeHtml(peer)}</code>`,
  );
  return section(
    "How close to the device's rate",
    `<p>Measured at the beginning of the run, products of large matrices alone reach ${rates.join(', ')}: for <code>webgpu</code> those that layers are made of, without
activations, for PyTorch <code>torch.mm</code>. Below is the rate of whole steps in their matrix products, and its share of the highest float32 rate; with TF32 it may
exceed 100 %. Only the products that a step computes are counted, where they are known, with two operations for each multiplication and sum: for each layer and point of
jets one forward and two backward for the value, three and six for the gradient, four and eight for the Laplacian. PyTorch's are counted as they are called.</p>
${figureTable(table)}`,
  );
};

const sgemmSection = ({ found }: View): string => {
  const [rates, shares, simd] = [sgemmTable(found), sgemmShareTable(found), simdRateTable(found)];
  const best = bestSgemm(found.sgemm);
  const libraries =
    best === undefined
      ? ''
      : `<p>Matrix products alone, measured in this run before the first case and after the last; the higher rate counts. A product of
<i>rows x inner size x columns</i> has two operations for each multiplication and sum. The first two sizes are those of a layer of 256 features at 65,536 points:
forward, and the gradient of its weights.</p>
${figureTable(rates)}
<p>Below is the rate that whole steps reach in their matrix products, and its share of the highest rate above, ${escapeHtml(describeSgemm(best))}.</p>
${figureTable(shares)}`;
  const own =
    found.attainableRate === undefined || simd.rows.length === 0
      ? ''
      : `<h3>simd and its own kernel</h3>
<p>The matrix kernel of <code>simd</code> alone, on data that stays in the cache and on all threads, reaches ${found.attainableRate.toFixed(1)} GFLOP/s.</p>
${figureTable(simd)}`;
  if (libraries + own === '') return '';
  return section(
    'How close to the machine',
    `<p>Only the products that a step computes are counted. For each layer and point, this project computes one product forward and two backward
for the value; two and four for the gradient, which it computes by a backward pass inside the field; four and eight for the Laplacian; the forward ones twice where the
backward pass computes them again. PyTorch's are counted as they are called, JAX's in the compiled program. Sines, the loss and Adam are not counted as work, but their
time is included.</p>
${libraries}
${own}`,
  );
};

const paritySection = ({ found }: View): string =>
  found.about === undefined
    ? ''
    : section(
        'Parity of the WebGPU kernels',
        `<p>${escapeHtml(describeParity(found.about.parity))}. Jets and gradients of one network for each activation, of networks that are not chains, and of batches of
fields; the error is the largest difference over the largest value.</p>`,
      );

const absentSection = ({ found }: View): string => {
  const rows = absentRows(found);
  return rows.length === 0
    ? ''
    : section(
        'What was not measured',
        propertyTable(rows.map(([peer, reason]) => [escapeHtml(peer), escapeHtml(reason)])),
      );
};

const loadText = ({ foreignLoad }: Results): string =>
  foreignLoad.length === 0
    ? 'not measured'
    : `used ${formatShare(median(foreignLoad))} of the processors (median of short samples before each case; at most ${formatShare(Math.max(...foreignLoad))})`;

const methodSection = ({ found }: View): string => {
  const { environment, peers, disagreements, command, rounds, stepLimit, seconds } = found;
  const versions = Object.entries(peers).map(([peer, state]) => [
    escapeHtml(peer),
    escapeHtml(
      'unavailable' in state
        ? `not run: ${state.unavailable}`
        : [
            ...Object.entries(state.versions).map(([name, version]) => `${name} ${version}`),
            ...(state.device?.kind === 'cuda' ? [state.device.name] : []),
            `${state.threads} ${state.threads === 1 ? 'thread' : 'threads'}`,
          ].join(', '),
    ),
  ]) as [string, string][];
  const small = (value: number): string => value.toExponential(1);
  return section(
    'How this was measured',
    `<p>A SIREN 2-w-w-w-w-1, omega 30, float32. A step comprises the forward pass, the mean squared error of the value, the gradient or the Laplacian, the backward pass and
Adam; the points are already in memory. All peers start from the same parameters and points. Before a peer is timed, the losses of its first three steps and its gradient are
checked against a float64 reference, and its loss at all points against that of the others. Each peer runs in its own process. PyTorch and JAX compute derivatives with
the method, the chunks and the number of threads that are fastest in a trial, within their share of the memory. On a device a round ends when all of its steps are
done, and nothing is read before its last one. A step longer than ${stepLimit} s is not timed.</p>
<pre>${escapeHtml(command)}</pre>
${propertyTable([
  [
    'Machine',
    escapeHtml(
      `${environment.processor}, ${environment.cores} cores, ${formatMemory(environment.memory)}, ${environment.system}`,
    ),
  ],
  ['Date', `${escapeHtml(environment.date)}, ${Math.round(seconds / 60)} min, ${rounds} rounds`],
  ...(found.about?.cards === undefined ? [] : [['nvidia-smi', escapeHtml(found.about.cards)] as const]),
  ['Other programs', loadText(found)],
  ...versions,
])}
<h3>Agreement with the reference</h3>
${figureTable({
  header: ['', 'gradient', 'losses'],
  rows: disagreements.map(({ peer, supervision, width, gradient, loss }) => [
    `${peer}: ${names[supervision]}, width ${width}`,
    small(gradient),
    small(loss),
  ]),
})}
<h3>Choices of the peers</h3>
${figureTable(choiceTable(found))}`,
  );
};

/** The page about a run, which may not be finished. */
export const makeSpeedPage = (found: Results): string => {
  const about = representative(found);
  const colours = measuredPeers(found);
  const shown = supervisions.filter(supervision =>
    found.results.some(({ case: each, outcome }) => each.supervision === supervision && outcome.state === 'measured'),
  );
  const view: View = { found, colours, shown, width: about?.width ?? 0, points: about?.points ?? 0 };
  const size = about ? describeCase({ supervision: 'value', ...about }).replace(/^value, /, '') : '';
  const lead = `The same training steps in different programs on one machine, interleaved${about ? `. Large figures: ${size}` : ''}.`;
  const unfinished = found.complete ? '' : '<p><b>This run is not complete: some cases are missing.</b></p>';
  const warnings = [emulationWarning(found), busyWarning(found)].flatMap(text =>
    text === undefined ? [] : [`<p><b>${escapeHtml(text)}</b></p>`],
  );
  const bodyHtml = `<h1>How long a training step takes</h1>
<p class="lead">${escapeHtml(lead)}</p>
${unfinished}${warnings.join('\n')}
${headline(view)}
${about ? `${barsSection(view)}\n${scalingSection(view)}\n${timesSection(view)}\n${demandsSection(view)}\n${deviceRateSection(view)}\n${sgemmSection(view)}` : '<p>Nothing was measured.</p>'}
${paritySection(view)}
${absentSection(view)}
${methodSection(view)}`;
  return makePage({ title: 'How long a training step takes', bodyHtml, css });
};
