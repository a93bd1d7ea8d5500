/** @file The contents of a page about a field. */
import type { Output } from '@neural-fields/app-kit';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import type { PreparedSignal } from '../signals/prepared-signal.ts';
import type { FitHistory } from './fit-history.ts';

/** A field and what is known of its fit. */
export interface PageInput<Description extends SignalDescription = SignalDescription> extends FitHistory {
  readonly field: Field;
  readonly description: Description;
  /** The original; absent if it is not available. */
  readonly original?: Pick<PreparedSignal, 'points' | 'shape'> | undefined;
  /** The name of the fitted file, or of the field if that is unknown. */
  readonly name: string;
  /** The field's file. */
  readonly fieldFile: string;
  /** The quality figures at the end of the fit, by name. */
  readonly figures: Readonly<Record<string, number>>;
  /** Settings of the fit, by name. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly backend: string | undefined;
  /** The command that creates the page. */
  readonly command: string;
  readonly output: Output;
  readonly signal: AbortSignal;
}
