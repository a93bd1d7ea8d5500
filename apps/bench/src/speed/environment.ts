import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Environment } from './results.ts';

/** Describes the machine. */
export const readEnvironment = (): Environment => ({
  date: new Date().toISOString(),
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memory: totalmem(),
  system: `${type()} ${release()}`,
  node: process.version,
});

/** The time over which the load of the machine is measured, in milliseconds. */
const WINDOW = 300;

const processorTimes = (): { readonly busy: number; readonly all: number } => {
  const times = cpus().map(cpu => cpu.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
};

/** The share of the processors that other programs use, from 0 to 1. This program must be idle. */
export const readForeignLoad = async (): Promise<number> => {
  const before = processorTimes();
  await setTimeout(WINDOW);
  const after = processorTimes();
  return after.all > before.all ? (after.busy - before.busy) / (after.all - before.all) : 0;
};
