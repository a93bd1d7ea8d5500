/**
 * @file What each kind of operation gives to the plans of passes: its dispatches forward, and its dispatches in
 * reverse.
 */
import type { Operation } from '@neural-fields/core/kernels';
import type { SlotRange, Step } from '../../device/plan.ts';
import type { LayerActivation } from '../../wgsl/activations.ts';
import type { JetFormat } from '../../wgsl/jet-format.ts';
import type { ProductStyle } from '../../wgsl/product.ts';
import type { FieldProgram } from '../field-program.ts';
import type { ProgramFormat } from '../format.ts';
import type { GradientGroup, GradientPlace, ParameterRegions } from '../regions.ts';

/** How a pass is made. */
export interface PassOptions {
  /** Of all fields, which have equally many each. */
  readonly points: number;
  /** 1 where the program is for one field. */
  readonly fields: number;
  /** Whether all of them have the same coordinates. */
  readonly sharesCoords?: boolean;
  /** Whether all activations are kept for a reverse pass. */
  readonly keeps: boolean;
  readonly style: ProductStyle;
  /** How jets are stored between operations. */
  readonly format: ProgramFormat;
}

/** A pass, as one operation sees it. */
interface Place extends Omit<PassOptions, 'keeps'> {
  readonly program: FieldProgram;
  readonly regions: ParameterRegions;
  /** The register that the operation writes. */
  readonly register: number;
  /** The buffer of a register's jets. */
  slotOf(register: number): string;
  /** Makes sure that a buffer has so many floats. */
  reserve(slot: string, floats: number): void;
}

export interface ForwardPlace extends Place {
  readonly keeps: boolean;
}

/** How the rows are shared out among the parts of a group of gradients: all rows, or those of each field. */
export interface PartsOfGradient {
  readonly slots: GradientGroup['slots'];
  readonly parts: number;
  readonly rowsPerPart: number;
  /** Numbers in a part. */
  readonly stride: number;
}

/** Where derivatives with respect to a register go. */
export interface GradientTarget {
  readonly slot: string;
  /** Whether there are some already, to which these are added. */
  readonly adds: boolean;
}

/** The activation that was applied last before a register, with what its reverse binds. */
export interface ActivationBefore {
  readonly activation: LayerActivation;
  readonly format: JetFormat;
  readonly bindings: Readonly<Record<string, SlotRange>>;
}

/** Where a product of matrices puts the derivatives with respect to its input, or past the activation there. */
export interface ProductTarget extends GradientTarget {
  readonly before?: ActivationBefore;
  /** The dispatches that the learned parameters of that activation take, for what so many workgroups left. */
  learnedSteps(workgroups: number): Step[];
}

export interface ReversePlace extends Place {
  /**
   * The buffer of the derivatives with respect to what the operation wrote; of a linear one, to its pre-activations.
   */
  readonly upstream: string;
  /** Where a gradient is worked out. */
  groupOf(place: GradientPlace): PartsOfGradient;
  /**
   * Where the derivatives with respect to an input go; `undefined` where nobody asks for them. Whoever asks must write
   * them.
   */
  into(register: number): GradientTarget | undefined;
  /** The same for a product of matrices, which takes the activation before along. */
  productInto(register: number): ProductTarget | undefined;
  /**
   * Whether what is at a place of the gradient is added to: it is of an earlier batch, or was written in this pass.
   * From now on it is.
   */
  addsTo(place: GradientPlace): boolean;
}

/** The dispatches of a kind of operation. */
export interface OperationKernels<O extends Operation> {
  forward(operation: O, place: ForwardPlace): Step[];
  reverse(operation: O, place: ReversePlace): Step[];
}
