/** The exit codes of the program. */
export const exitCodes = {
  success: 0,
  /** Something is wrong with a file, the machine, or the fit. */
  failure: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Stopped by Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
  /** Stopped by `kill`: 128 + SIGTERM. */
  terminated: 143,
} as const;
