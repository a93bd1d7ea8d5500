/** @file `bench gpu`: everything about a graphics card in one command. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { findOnCard } from '../gpu/find-python.ts';
import { checkParity, describeParity } from '../gpu/parity.ts';
import { supervisions } from '../protocol.ts';
import { describeCards } from '../speed/nvidia-driver.ts';
import { peerDefinitions } from '../speed/peers.ts';
import { runSpeed } from '../speed/run-speed.ts';
import { integers, measure, type RunOptions, withRunOptions } from './options.ts';
import { reportLines } from './report-lines.ts';

/** The options as commander gives them. */
interface GpuCommandOptions extends RunOptions {
  readonly emulated?: boolean;
  readonly widths?: readonly number[];
  readonly points?: readonly number[];
}

/** Time limits in seconds. Together with the start of the peers they stay below ten minutes. */
const PARITY_LIMIT = 120;
const MEASURE_LIMIT = 390;
/** Seconds that a peer may spend per case on trying ways and chunk sizes; compiling each takes PyTorch a while. */
const TRIAL_LIMIT = 25;

const card = { widths: [256], points: [65_536], stepLimit: 10, parity: [] };
/** An emulated card computes on the processor. */
const emulatedCard = {
  ...{ widths: [32], points: [256], stepLimit: 30 },
  // On an emulated card one network takes minutes when the machine is busy.
  parity: ['tiled', 'sine'],
};

const peers = peerDefinitions.filter(({ name }) => /^webgpu$|-cuda|^tensorflow$/.test(name));

const action = (options: GpuCommandOptions): Promise<void> => {
  const { emulated = false } = options;
  const { rounds = 7, stepLimit, widths, points, parity: only } = { ...(emulated ? emulatedCard : card), ...options };
  const chosen = peers.filter(({ name }) => options.peers?.includes(name) ?? true);
  const cases = widths.length * points.length * supervisions.length;
  const plan = { peers: chosen, rounds, stepLimit, cases, needsCard: !emulated };
  return measure(options, plan, async (settings, output) => {
    const { signal, progress, python } = settings;
    const cards = await describeCards();
    output.log(`graphics card: ${cards ?? 'nvidia-smi lists none'}`);
    const parity = await checkParity({
      ...{ only, needsCard: !emulated, timeLimit: emulated ? 4 * PARITY_LIMIT : PARITY_LIMIT, signal },
      report: ({ style, name }) => progress.advance(`parity of ${style} ${name}`),
    });
    output.log(`parity of WebGPU: ${describeParity(parity)}`);
    const pythons: Record<string, string> = {};
    if (python === undefined && cards !== undefined)
      for (const name of ['pytorch', 'jax-cuda'] as const) {
        const version = await findOnCard(name, signal);
        if (version !== undefined) pythons[name] = 'python3';
        output.log(`${name}: ${version === undefined ? 'python3 has none for this card' : `python3 has ${version}`}`);
      }
    const found = await runSpeed({
      ...{ ...settings, widths, points, supervisions, pythons },
      ...{ timeLimit: MEASURE_LIMIT, trialLimit: TRIAL_LIMIT },
      about: { parity, ...(cards !== undefined && { cards }) },
    });
    for (const warning of reportLines(found).warnings) output.warn(warning);
    for (const line of reportLines(found).results) output.result(line);
    output.result(`report ${join(options.output, 'report.md')}`);
    output.result(`page ${join(options.output, 'index.html')}`);
  });
};

/** Adds the command. */
export const addGpuCommand = (program: Command): void => {
  const command = program
    .command('gpu')
    .description(
      'Measure a graphics card in less than ten minutes, installations aside: whether the WebGPU kernels agree with the cpu backend, and training steps against PyTorch, JAX and tfjs-node on CUDA. What is missing is left out, with a line that says why.',
    )
    .option('--widths <list>', 'widths of the hidden layers, with commas (default: 256)', integers(8, 8))
    .option('--points <list>', 'points of a step, with commas (default: 65536)', integers(1, 1))
    .option('--emulated', 'allow an emulated card, with small sizes: to try this command, not to measure');
  withRunOptions(command, peers, join('out', 'gpu')).action(action);
};
