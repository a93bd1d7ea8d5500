/** @file The JSON form of an activation. What an activation is stands in `elementwise/activation.ts`. */
export type { ActivationDefinition, ActivationParameters, DerivativeOrder } from '../elementwise/activation.ts';

/** The JSON form of an activation: its kind, and its parameters where they differ from the defaults. */
export interface ActivationSpec {
  readonly kind: string;
  /** The parameters that are learned, one scalar for each layer; the others stay at their values. */
  readonly learnable?: readonly string[];
  readonly [parameter: string]: number | string | readonly string[] | undefined;
}
