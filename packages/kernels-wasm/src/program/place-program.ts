/** @file A program as records: all that a step needs to know is worked out here, once. */
import type { Expression } from '@neural-fields/core/elementwise';
import {
  blockCount,
  type GridOperation,
  HASH_PRIMES,
  type KernelLoss,
  type KernelProgram,
  type Operation,
} from '@neural-fields/core/kernels';
import type { OperandArray } from '@neural-fields/core/layers';
import { constants, records } from '../generated/records.ts';
import type { Machine } from '../machine.ts';
import { isIdentity, type PlacedActivation, placeActivation } from './activations.ts';
import { FormulaTable } from './formulas.ts';
import { further, Image, type Place, type ProgramMemory, wordOf } from './image.ts';
import { Gradients, Packings, sourceOf } from './packings.ts';
import { findAdjointPlaces, findPlaces, type Places, type Purpose, strideFor } from './places.ts';

const { NONE } = constants;
const FLOAT = 4;

/** A target of a loss. */
export interface PlacedTarget {
  /** Which of the targets. */
  readonly index: number;
  readonly width: number;
  /** Offset of its address in the program's memory, in bytes. */
  readonly source: number;
}

/** A program that is ready to run for one purpose. */
export interface PlacedProgram {
  readonly program: KernelProgram;
  readonly purpose: Purpose;
  /** Whether the gradient is worked out by adjoints, as in `assembly/scalar-gradient.ts`. */
  readonly usesAdjoint: boolean;
  readonly memory: ProgramMemory;
  /** Offsets of records in that memory, in bytes. */
  readonly job: number;
  readonly inputs: number;
  readonly loss: number;
  /** The targets that its loss reads. */
  readonly targets: readonly PlacedTarget[];
  readonly packings: { readonly offset: number; readonly count: number };
  readonly collectings: { readonly offset: number; readonly count: number };
  readonly tilePoints: number;
  readonly scratchBytes: number;
  readonly gradientBytes: number;
}

/**
 * Whether the gradient is worked out by adjoints and not by the jet: with one output, the former takes the products of
 * 2 rows of the jet whatever the number of coordinates d, the latter those of 1 + d.
 */
const prefersAdjoint = ({ shape, inputs, operations, outFeatures }: KernelProgram): boolean =>
  shape.order === 1 &&
  outFeatures === 1 &&
  shape.inFeatures >= 2 &&
  inputs.length === 1 &&
  inputs[0]?.kind === 'coords' &&
  operations.every(
    (operation, index) =>
      operation.kind === 'linear' &&
      operation.inputs[0] === index &&
      (operation.activation?.parameters.every(({ value }) => typeof value === 'number') ?? true),
  );

/** Leaves out activations that change nothing. */
const withoutIdentities = (program: KernelProgram): KernelProgram => ({
  ...program,
  operations: program.operations.map(operation => {
    if (operation.kind !== 'linear' || operation.activation === undefined || !isIdentity(operation.activation))
      return operation;
    const { activation: _, ...linear } = operation;
    return linear;
  }),
});

/** What one operation's record is made of, beside its places. */
interface Detail {
  readonly place: Place | number;
}

/** What of a machine the places depend on. */
type PlacingMachine = Pick<Machine, 'functions' | 'layout'>;

/** Makes the records of a program's operations. */
class Placing {
  readonly image = new Image();
  readonly packings = new Packings();
  readonly gradients: Gradients;
  readonly #program: KernelProgram;
  readonly #purpose: Purpose;
  readonly #usesAdjoint: boolean;
  readonly #machine: PlacingMachine;

  constructor(machine: PlacingMachine, program: KernelProgram, purpose: Purpose, usesAdjoint: boolean) {
    this.#machine = machine;
    this.gradients = new Gradients(machine.layout.panel);
    this.#program = program;
    this.#purpose = purpose;
    this.#usesAdjoint = usesAdjoint;
  }

  get #forReverse(): boolean {
    return this.#purpose !== 'forward';
  }

  activation(operation: Operation): PlacedActivation | undefined {
    const activation =
      operation.kind === 'linear' || operation.kind === 'elementwise' ? operation.activation : undefined;
    return (
      activation &&
      placeActivation(this.image, this.packings, activation, {
        order: this.#program.shape.order,
        forReverse: this.#forReverse,
        forAdjoint: this.#usesAdjoint,
        ownsInput: operation.kind === 'linear',
        rowNumbers: this.#panels(operation.outFeatures) * this.#machine.layout.panel,
        gradients: this.gradients,
      })
    );
  }

  /** The offset of the gradient of some numbers, or NONE. */
  #gradientOf(numbers: OperandArray | undefined, add: 'panels' | 'vector'): number {
    return this.#forReverse && numbers?.kind === 'parameter' ? this.gradients[add](numbers) : NONE;
  }

  /** Panels of so many columns. */
  #panels(columns: number): number {
    return Math.ceil(columns / this.#machine.layout.panel);
  }

  /** Room for a packed weight matrix. */
  #weightRoom(depth: number, columns: number): Place {
    const { panel, weightBytes } = this.#machine.layout;
    return this.image.room(weightBytes?.(depth, columns) ?? FLOAT * panel * this.#panels(columns) * depth);
  }

  /** Numbers one behind the other, zeros up to a multiple of a panel's columns behind them. */
  #vector(
    numbers: OperandArray,
    { first = 0, count, step = 1 }: { first?: number; count: number; step?: number },
  ): Place {
    const target = this.image.floats(new Float32Array(this.#machine.layout.panel * this.#panels(count)));
    const { source, fieldBytes } = sourceOf(this.image, numbers);
    const from = { source: further(source, FLOAT * first), fieldBytes };
    this.packings.add({ kind: constants.PACK_COPY, ...from, rows: count, columns: step, target });
    return target;
  }

  detail(operation: Operation, index: number, places: Places, activation: PlacedActivation | undefined): Detail {
    const { image } = this;
    switch (operation.kind) {
      case 'linear': {
        const { weight, bias, outFeatures } = operation;
        const [inFeatures = 0] = weight.shape;
        const [outPanels, inPanels] = [this.#panels(outFeatures), this.#panels(inFeatures)];
        const matrix = { ...sourceOf(image, weight), rows: inFeatures, columns: outFeatures };
        const weights = this.#weightRoom(inFeatures, outFeatures);
        this.packings.add({ kind: constants.PACK_PANELS, ...matrix, target: weights });
        const isTransposed = this.#usesAdjoint || places.contributions[index]?.[0]?.gradient !== NONE;
        const transposed = isTransposed ? this.#weightRoom(outFeatures, inFeatures) : 0;
        if (typeof transposed !== 'number')
          this.packings.add({ kind: constants.PACK_TRANSPOSED, ...matrix, target: transposed });
        const place = image.record('Linear', {
          outPanels,
          inPanels,
          weights,
          bias: bias ? this.#vector(bias, { count: outFeatures }) : 0,
          transposed,
          weightGradient: this.#gradientOf(weight, 'panels'),
          biasGradient: this.#gradientOf(bias, 'vector'),
          activation: activation?.place ?? 0,
          z: places.preActivations[index] as number,
          kept: places.kept[index] as number,
          u: places.adjoint?.values[index] ?? NONE,
        });
        return { place };
      }
      case 'elementwise':
        return { place: activation?.place ?? 0 };
      case 'sum':
        return { place: image.floats(operation.coefficients) };
      case 'columns':
        return { place: image.integers(operation.columns) };
      case 'constant': {
        const { values, column, outFeatures: count } = operation;
        const part = column === undefined ? { count } : { count, first: column, step: values.shape[1] as number };
        const gradient = this.#forReverse && values.kind === 'parameter' ? this.gradients.vector(values, part) : NONE;
        return { place: image.record('Constant', { values: this.#vector(values, part), gradient }) };
      }
      case 'grid':
        return { place: this.#grid(operation, places.kept[index] as number, this.keptBytes(operation)) };
      case 'concat':
      case 'product':
        return { place: 0 };
      case 'custom':
        throw new Error('simd: there is no kernel for a custom operation');
    }
  }

  /** Bytes that a grid keeps of each point and level. */
  keptBytes({ inputs: [input], table }: GridOperation): number {
    return this.#machine.functions.gridKeptBytes(
      this.#widthOf(input),
      table.shape[1] as number,
      blockCount(this.#program.shape),
    );
  }

  /** Scratch that an operation needs while it runs. */
  rowsBytes(operation: Operation, activation: PlacedActivation | undefined): number {
    if (operation.kind !== 'grid') return activation?.rowsBytes ?? 0;
    return this.#machine.functions.gridScratchBytes(
      this.#widthOf(operation.inputs[0]),
      blockCount(this.#program.shape),
    );
  }

  /** What an operation keeps of each point for its reverse. */
  keptFloats(operation: Operation, activation: PlacedActivation | undefined, stride: number): number {
    if (operation.kind !== 'grid') return (activation?.keptDerivatives ?? 0) * stride;
    return (this.keptBytes(operation) / FLOAT) * (this.#forReverse ? operation.levels.length : 1);
  }

  #grid({ inputs: [input], table, levels }: GridOperation, kept: number, keptBytes: number): Place {
    const axes = this.#widthOf(input);
    const { source, fieldBytes } = sourceOf(this.image, table);
    const place = this.image.record('Grid', {
      axes,
      rowFeatures: table.shape[1] as number,
      levels: this.image.list(
        'GridLevel',
        levels.map(({ resolution, firstRow, rows, hashed }) => ({
          resolution,
          firstRow,
          mask: hashed ? rows - 1 : NONE,
          multipliers: this.image.integers(
            Array.from({ length: axes }, (_, i) => (hashed ? (HASH_PRIMES[i] as number) : (resolution + 1) ** i)),
          ),
        })),
      ),
      levelCount: levels.length,
      table: source,
      tableGradient: this.#gradientOf(table, 'vector'),
      kept,
      keptBytes: this.#forReverse ? keptBytes : 0,
    });
    const target = further(place, FLOAT * wordOf('Grid', 'table'));
    if (fieldBytes > 0)
      this.packings.add({ kind: constants.PACK_ADDRESS, source, fieldBytes, rows: 1, columns: 1, target });
    return place;
  }

  #widthOf(register: number): number {
    const { inputs, operations } = this.#program;
    return inputs[register]?.features ?? (operations[register - inputs.length] as Operation).outFeatures;
  }

  /** The records of an operation's operands. */
  operands(operation: Operation, index: number, places: Places): Place {
    const { inputs, shape } = this.#program;
    return this.image.list(
      'Operand',
      operation.inputs.map((register, k) => {
        const { gradient, adds } = places.contributions[index]?.[k] ?? { gradient: NONE, adds: false };
        return {
          features: this.#widthOf(register),
          stride: places.strides[register] as number,
          place: places.values[register] as number,
          gradient,
          adds: Number(adds),
          gradientBlocks: inputs[register]?.kind === 'coords' ? 1 : blockCount(shape),
        };
      }),
    );
  }
}

const placeForms = (image: Image, { order, inFeatures, forms }: KernelProgram['shape'], isEmpty = false): Place =>
  image.record('Forms', {
    first: isEmpty || order === 0 ? 0 : inFeatures,
    second: isEmpty ? 0 : (forms?.weights.length ?? 0),
    pairCount: isEmpty ? 0 : (forms?.pairs.length ?? 0),
    pairs: image.integers(forms?.pairs.flat() ?? []),
    weights: image.floats(forms?.weights.flat() ?? []),
  });

/** The loss's record, but for what changes from step to step, and the scratch that it needs. */
const placeLoss = (placing: Placing, { penalty, blocks, targetWidths, weight }: KernelLoss, features: number) => {
  const { image, packings } = placing;
  const expressions: readonly Expression[] = [penalty.expressions.value, penalty.expressions.firstDerivative];
  const parameters = Object.entries(penalty.parameters).map(([name, value]) => ({ name, value }));
  const table = new FormulaTable(image, packings, { parameters, formulas: [expressions] });
  const formula = table.add(expressions);
  const targets = image.list(
    'LossTarget',
    targetWidths.map(width => ({ source: 0, width })),
  );
  const place = image.record('Loss', {
    formula: formula.place,
    table: table.place,
    gradientScale: 0,
    features,
    blocks: image.list(
      'LossBlock',
      blocks.map(({ factor, target }) => ({ factor, target: target?.index ?? NONE, column: target?.column ?? 0 })),
    ),
    targets,
    weight: weight ?? NONE,
    sums: 0,
  });
  const used = new Set([weight, ...blocks.map(({ factor, target }) => (factor === 0 ? undefined : target?.index))]);
  const { bytes } = records.LossTarget;
  const source = targets.offset + FLOAT * wordOf('LossTarget', 'source');
  return {
    place,
    targets: targetWidths
      .map((width, index): PlacedTarget => ({ index, width, source: source + bytes * index }))
      .filter(({ index }) => used.has(index)),
    rowsBytes: constants.REGISTER_BYTES * formula.registerCount,
  };
};

/** Lays a program out for a purpose, with the loss behind it where that is the purpose. */
export const placeProgram = (
  machine: PlacingMachine,
  given: KernelProgram,
  purpose: Purpose,
  loss?: KernelLoss,
): PlacedProgram => {
  const program = withoutIdentities(given);
  const { inputs, operations, outFeatures, shape, parameterCount } = program;
  const { layout } = machine;
  const usesAdjoint = prefersAdjoint(program);
  const placing = new Placing(machine, program, purpose, usesAdjoint);
  const { image, packings, gradients } = placing;
  const activations = operations.map(operation => placing.activation(operation));
  const lossRecord = loss && placeLoss(placing, loss, outFeatures);
  const rowsBytes = Math.max(
    0,
    lossRecord?.rowsBytes ?? 0,
    ...operations.map((operation, index) => placing.rowsBytes(operation, activations[index])),
  );
  const keptFloats = operations.map((operation, index) =>
    placing.keptFloats(operation, activations[index], strideFor(operation.outFeatures, layout)),
  );
  const needs = { layout, rowsBytes, keptFloats };
  const places = usesAdjoint ? findAdjointPlaces(program, purpose, needs) : findPlaces(program, purpose, needs);
  const operationRecords = operations.map((operation, index) => {
    const register = inputs.length + index;
    return image.record('Operation', {
      kind: constants[
        `OPERATION_${operation.kind.toUpperCase() as Uppercase<Exclude<Operation['kind'], 'custom'>>}` as const
      ],
      features: operation.outFeatures,
      stride: places.strides[register] as number,
      place: places.values[register] as number,
      gradient: places.gradients[register] as number,
      operands: placing.operands(operation, index, places),
      operandCount: operation.inputs.length,
      detail: placing.detail(operation, index, places, activations[index]).place,
    });
  });
  const inputRecords = image.list(
    'Input',
    inputs.map(({ features, kind }, register) => ({
      features,
      stride: places.strides[register] as number,
      place: places.values[register] as number,
      gradient: places.gradients[register] as number,
      isJet: Number(kind === 'jet'),
      source: 0,
      sourceGradient: 0,
    })),
  );
  const { g0 = 0, g1 = 0, g2 = 0 } = places.adjoint ?? {};
  const adjoint = usesAdjoint ? image.record('Adjoint', { g0, g1, g2, noForms: placeForms(image, shape, true) }) : 0;
  const job = image.record('Program', {
    forms: placeForms(image, shape),
    inputs: inputRecords,
    inputCount: inputs.length,
    operations: image.integers(operationRecords),
    operationCount: operationRecords.length,
    reversed: image.integers(places.reversed.map(index => operationRecords[index] as Place)),
    reversedCount: places.reversed.length,
    spare: places.spare,
    rows: places.rows,
    adjoint,
    loss: lossRecord?.place ?? 0,
    scratchBytes: places.scratchBytes,
    gradientBytes: gradients.bytes,
    points: 0,
    blockPoints: 0,
    tilePoints: places.tilePoints,
    scratch: 0,
    gradients: 0,
    outputs: 0,
    upstream: 0,
    keptTiles: 0,
    kept: 0,
  });
  const packing = packings.finish(image);
  const collecting = gradients.finish(image);
  return {
    program,
    purpose,
    usesAdjoint,
    memory: image.finish(parameterCount),
    job: job.offset,
    inputs: inputRecords.offset,
    loss: lossRecord?.place.offset ?? 0,
    targets: lossRecord?.targets ?? [],
    packings: { offset: packing.place.offset, count: packing.count },
    collectings: { offset: collecting.place.offset, count: collecting.count },
    tilePoints: places.tilePoints,
    scratchBytes: places.scratchBytes,
    gradientBytes: gradients.bytes,
  };
};
