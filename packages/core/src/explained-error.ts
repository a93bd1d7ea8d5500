/** @file Errors with structured parts, from which a user interface can build its own message. */

/** The parts of an error besides its reason. */
export interface ErrorParts {
  /** The file, where there is one. */
  readonly path?: string;
  /** The value that was received, where the reason ends with it. */
  readonly got?: string;
  /** The caller's option that the reason mentions, with its value. */
  readonly limit?: { readonly option: string; readonly value: number };
  /** The caller's option that would resolve the error; the message ends with `; specify the option <name>`. */
  readonly option?: string;
}

/** An error whose message is `'path': caller: reason`, without the parts that are absent. */
export class ExplainedError extends Error {
  /** The function that throws, or the kind of file; `undefined` where the message is the reason alone. */
  readonly caller: string | undefined;
  /** What is wrong, without the function and the file. */
  readonly reason: string;
  readonly parts: ErrorParts;

  constructor(caller: string | undefined, reason: string, options: ErrorParts & ErrorOptions = {}) {
    const { cause, ...parts } = options;
    const place = [parts.path === undefined ? undefined : `'${parts.path}'`, caller].filter(part => part !== undefined);
    const advice = parts.option === undefined ? '' : `; specify the option ${parts.option}`;
    super([...place, reason].join(': ') + advice, cause === undefined ? {} : { cause });
    this.caller = caller;
    this.reason = reason;
    this.parts = parts;
  }
}
