/** @file Errors in parts, from which whoever shows them can make a sentence of their own. */

/** What an error knows beside its reason. */
export interface ErrorParts {
  /** The file, where there is one. */
  readonly path?: string;
  /** What came in place of what was wanted, where the reason ends with it. */
  readonly got?: string;
  /** The option of the caller's that the reason names, with its value. */
  readonly limit?: { readonly option: string; readonly value: number };
}

/** An error whose message is `'path': caller: reason`, as far as it has these. */
export class ExplainedError extends Error {
  /** The function that refuses; `undefined` where the reason stands alone. */
  readonly caller: string | undefined;
  /** What is wrong, without the function and the file. */
  readonly reason: string;
  readonly parts: ErrorParts;

  constructor(caller: string | undefined, reason: string, options: ErrorParts & ErrorOptions = {}) {
    const { cause, ...parts } = options;
    const place = [parts.path === undefined ? undefined : `'${parts.path}'`, caller].filter(part => part !== undefined);
    super([...place, reason].join(': '), cause === undefined ? {} : { cause });
    this.caller = caller;
    this.reason = reason;
    this.parts = parts;
  }
}
