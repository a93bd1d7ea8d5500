/** @file Fits one hash grid to a picture by this project and by PyTorch, in turns. */
import { formatDecibels, formatSeconds } from '@neural-fields/app-kit';
import type { GridPeer, GridTurn } from './grid-peer.ts';

/** The turns of a fit. */
export interface GridRecord {
  readonly name: string;
  readonly turns: readonly GridTurn[];
}

/** How long the fits run. */
export interface GridRun {
  readonly turnSteps: number;
  /** At most so many turns of each. */
  readonly turns: number;
  /** A fit ends at this quality, in dB. */
  readonly goal: number;
  readonly signal: AbortSignal;
  report(line: string): void;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
};

/** Advances all fits turn by turn, so that all of them meet the same load, until each has reached the goal. */
export const runGrids = async (peers: readonly GridPeer[], run: GridRun): Promise<GridRecord[]> => {
  const records = peers.map(({ name }) => ({ name, turns: [] as GridTurn[] }));
  for (let turn = 0; turn < run.turns; turn++)
    for (const [index, peer] of peers.entries()) {
      run.signal.throwIfAborted();
      const { turns, name } = records[index] as (typeof records)[number];
      if ((turns.at(-1)?.psnr ?? 0) >= run.goal) continue;
      const took = await peer.turn(run.turnSteps);
      turns.push(took);
      const step = `step ${turns.length * run.turnSteps}`;
      const cpu = `${formatSeconds(took.cpuSeconds / run.turnSteps)} of CPU time a step`;
      run.report(`${name}: ${step}, ${formatDecibels(took.psnr)}, ${cpu}`);
    }
  return records;
};

/** A table of what each fit took, with the first one's steps as the unit. */
export const gridTable = (
  records: readonly GridRecord[],
  { turnSteps, goal }: Pick<GridRun, 'turnSteps' | 'goal'>,
): string => {
  const cpu = records.map(({ turns }) => median(turns.map(({ cpuSeconds }) => cpuSeconds / turnSteps)));
  const rows = records.map(({ name, turns }, index) => {
    const reached = (turns.at(-1)?.psnr ?? 0) >= goal;
    return [
      name,
      formatSeconds(cpu[index] as number),
      ((cpu[index] as number) / (cpu[0] as number)).toFixed(2),
      reached ? String(turns.length * turnSteps) : '-',
      reached ? formatSeconds(sum(turns.map(({ cpuSeconds }) => cpuSeconds))) : '-',
      reached ? formatSeconds(sum(turns.map(({ seconds }) => seconds))) : '-',
    ];
  });
  const head = ['peer', 'CPU time a step', 'ratio', `steps to ${goal} dB`, 'CPU time', 'time'];
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
};
