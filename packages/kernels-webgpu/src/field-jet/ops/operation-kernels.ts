/**
 * @file The interface of the kernels of an operation: its dispatches in the forward and in the backward pass.
 */
import type { Operation } from '@neural-fields/core/kernels';
import type { SlotRange, Step } from '../../device/plan.ts';
import type { LayerActivation } from '../../wgsl/activations.ts';
import type { JetFormat } from '../../wgsl/jet-format.ts';
import type { ProductStyle } from '../../wgsl/product.ts';
import type { FieldProgram } from '../field-program.ts';
import type { ProgramFormat } from '../format.ts';
import type { GradientGroup, GradientLocation, ParameterRegions } from '../regions.ts';

/** Options of a pass. */
export interface PassOptions {
  /** Points of all fields; each field has the same number. */
  readonly points: number;
  /** 1 if the program is for one field. */
  readonly fields: number;
  /** Whether all fields share their coordinates. */
  readonly sharesCoords?: boolean;
  /** Whether all activations are kept for a backward pass. */
  readonly keeps: boolean;
  readonly style: ProductStyle;
  /** How jets are stored between operations. */
  readonly format: ProgramFormat;
}

/** The context of one operation in a pass. */
interface PassContext extends Omit<PassOptions, 'keeps'> {
  readonly program: FieldProgram;
  readonly regions: ParameterRegions;
  /** The register that the operation writes. */
  readonly register: number;
  /** The buffer of a register's jets. */
  slotOf(register: number): string;
  /** Ensures that a buffer has at least `floats` floats. */
  reserve(slot: string, floats: number): void;
}

export interface ForwardContext extends PassContext {
  readonly keeps: boolean;
}

/** How the rows, or those of each field, are divided among the parts of a group of gradients. */
export interface PartsOfGradient {
  readonly slots: GradientGroup['slots'];
  readonly parts: number;
  readonly rowsPerPart: number;
  /** Floats of a part. */
  readonly stride: number;
}

/** The buffer for the gradient of a register. */
export interface GradientTarget {
  readonly slot: string;
  /** Whether it already holds contributions, to which others must be added. */
  readonly accumulates: boolean;
}

/** The activation that produced a register, with the bindings of its backward pass. */
export interface ActivationBefore {
  readonly activation: LayerActivation;
  readonly format: JetFormat;
  readonly bindings: Readonly<Record<string, SlotRange>>;
}

/** Where a matrix product writes the gradient of its input, or that before the activation that produced the input. */
export interface ProductTarget extends GradientTarget {
  readonly before?: ActivationBefore;
  /** The dispatches that sum the gradients of that activation's learned parameters over the workgroups. */
  learnedSteps(workgroups: number): Step[];
}

export interface BackwardContext extends PassContext {
  /**
   * The buffer with the gradient of the operation's result; for a linear operation, of its pre-activations.
   */
  readonly upstream: string;
  /** The parts in which the gradient at a location is summed. */
  groupOf(location: GradientLocation): PartsOfGradient;
  /**
   * The buffer for the gradient of an input; `undefined` if it is not needed. The caller must write the gradient.
   */
  into(register: number): GradientTarget | undefined;
  /** The same for a matrix product, which also runs the backward pass of the activation that produced the input. */
  productInto(register: number): ProductTarget | undefined;
  /**
   * Whether the gradient at a location must be accumulated, because an earlier batch or operation has written it. Marks
   * the location as written.
   */
  accumulatesIn(location: GradientLocation): boolean;
}

/** The dispatches of a kind of operation. */
export interface OperationKernels<O extends Operation> {
  forward(operation: O, context: ForwardContext): Step[];
  backward(operation: O, context: BackwardContext): Step[];
}
