import { openSync, writeSync } from 'node:fs';

/** Measures the peak memory of this process during an interval. */
export interface MemoryMeter {
  /** Begins a measurement; returns the current memory of the process, in bytes. */
  readonly begin: () => number;
  /** The peak since the beginning. */
  readonly peak: () => number;
}

const highWater = (): number => process.resourceUsage().maxRSS * 1024;

/**
 * On Linux the kernel's peak counter is reset before each measurement, which takes microseconds. Elsewhere the counter
 * only grows, and a peak below an earlier one is not detected.
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
