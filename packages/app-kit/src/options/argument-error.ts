/** @file The error of an argument with another value than it may have. */
import { InvalidArgumentError } from 'commander';

/** Commander reports it with the option and the value; files of settings use its field. */
export class ArgumentError extends InvalidArgumentError {
  /** E.g. `an integer of at least 1`. */
  readonly wanted: string;

  constructor(wanted: string) {
    super(`It must be ${wanted}.`);
    this.wanted = wanted;
  }
}
