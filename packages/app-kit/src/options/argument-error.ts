/** @file The error for an argument with an invalid value. */
import { InvalidArgumentError } from 'commander';

/** Commander reports it with the option and the value; settings files use its field. */
export class ArgumentError extends InvalidArgumentError {
  /** E.g. `an integer of at least 1`. */
  readonly wanted: string;

  constructor(wanted: string) {
    super(`It must be ${wanted}.`);
    this.wanted = wanted;
  }
}
