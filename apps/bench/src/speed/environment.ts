import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Environment } from './results.ts';

/** Looks at the machine at the beginning of a run; the second load is filled in at its end. */
export const readEnvironment = (): Environment => {
  const [load] = loadavg() as [number];
  return {
    date: new Date().toISOString(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    load: [load, load],
  };
};

/** The environment with the load of now as that of the end. */
export const endOfRun = (environment: Environment): Environment => ({
  ...environment,
  load: [environment.load[0], (loadavg() as [number])[0]],
});
