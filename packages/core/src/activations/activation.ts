/** @file The JSON form of an activation. Its definition is in `elementwise/activation.ts`. */
export type { ActivationDefinition, ActivationParameters, DerivativeOrder } from '../elementwise/activation.ts';

/** The JSON form of an activation: its kind, and its parameters where they differ from the defaults. */
export interface ActivationSpec {
  readonly kind: string;
  /** The parameters that are learned, one scalar per layer; the others are constant. */
  readonly learnable?: readonly string[];
  readonly [parameter: string]: number | string | readonly string[] | undefined;
}
