/** @file The peak memory of this process. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Resets the peak, where the system can: on Linux. */
export const resetPeakMemory = (): void => {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere the peak is that of the whole process.
  }
};

/** The peak of the resident set in bytes. */
export const peakMemory = (): number => {
  try {
    // Not getrusage, which on Linux also remembers the process that this one was forked from.
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) as RegExpExecArray;
    return 1024 * Number(kibibytes);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
};

/**
 * Makes this process the first that the system kills when memory runs out, so that the run and its results survive.
 */
export const preferAsOomVictim = (): void => {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not on Linux, or not allowed.
  }
};
