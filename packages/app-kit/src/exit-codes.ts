/** The exit codes of the program. */
export const exitCodes = {
  success: 0,
  /** Something is wrong with a file, the machine, or the fit. */
  failure: 1,
  /** The command line is wrong. */
  usage: 2,
  /** stdout or stderr could not be written, as on a full disk: EX_IOERR of sysexits.h. */
  failedOutput: 74,
  /** Stopped because the terminal closed: 128 + SIGHUP. */
  hungUp: 129,
  /** Stopped by Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
  /** Stopped because the reader of stdout or stderr closed it: 128 + SIGPIPE. */
  closedOutput: 141,
  /** Stopped by `kill`: 128 + SIGTERM. */
  terminated: 143,
} as const;
