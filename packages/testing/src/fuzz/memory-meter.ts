import { openSync, writeSync } from 'node:fs';

/** Measures how much memory this process takes at most from one moment to the next. */
export interface MemoryMeter {
  /** Begins a measurement; the memory that the process has now, in bytes. */
  readonly begin: () => number;
  /** The most that it had since. */
  readonly peak: () => number;
}

const highWater = (): number => process.resourceUsage().maxRSS * 1024;

/**
 * On Linux the kernel's mark of the highest memory is put back to the present before each measurement, which takes
 * microseconds. Elsewhere that mark only grows, and a peak below an earlier one is not seen.
 */
export const createMemoryMeter = (): MemoryMeter => {
  let file: number | undefined;
  try {
    file = openSync('/proc/self/clear_refs', 'w');
    writeSync(file, '5');
  } catch {
    file = undefined;
  }
  return {
    begin: () => {
      if (file !== undefined) writeSync(file, '5');
      return highWater();
    },
    peak: highWater,
  };
};
