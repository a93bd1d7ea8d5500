/** @file Encodes a program as records, once; a step then only fills in addresses and sizes. */
import type { Expression } from '@neural-fields/core/elementwise';
import {
  blockCount,
  blocksAlong,
  type GridOperation,
  HASH_PRIMES,
  type KernelLoss,
  type KernelProgram,
  type Operation,
} from '@neural-fields/core/kernels';
import type { OperandArray } from '@neural-fields/core/layers';
import { constants, records } from '../generated/records.ts';
import type { Machine } from '../machine.ts';
import { type EncodedActivation, encodeActivation, isIdentity } from './activations.ts';
import { FormulaTable } from './formulas.ts';
import { advance, Image, type Pointer, type ProgramMemory, wordOf } from './image.ts';
import { packedBytes } from './packed-bytes.ts';
import { type CollectedParameter, Gradients, Packings, sourceOf } from './packings.ts';
import {
  layOutAdjointScratch,
  layOutScratch,
  type Purpose,
  registersWithGradient,
  type ScratchLayout,
  strideFor,
} from './scratch-layout.ts';
import { TableGradients } from './table-gradients.ts';

const { NONE } = constants;
const FLOAT = 4;

/** A target of a loss. */
export interface EncodedTarget {
  /** Index into the loss's targets. */
  readonly index: number;
  readonly width: number;
  /** Offset of its address in the program image, in bytes. */
  readonly source: number;
}

/** A program that is ready to run for one purpose. */
export interface EncodedProgram {
  readonly program: KernelProgram;
  readonly purpose: Purpose;
  /** Whether the gradient is computed by adjoints, as in `assembly/scalar-gradient.ts`. */
  readonly usesAdjoint: boolean;
  readonly memory: ProgramMemory;
  /** Offsets of records in the program image, in bytes. */
  readonly job: number;
  readonly inputs: number;
  readonly loss: number;
  /** The targets that its loss reads. */
  readonly targets: readonly EncodedTarget[];
  readonly packings: { readonly offset: number; readonly count: number };
  readonly collections: { readonly offset: number; readonly count: number };
  /** For one field: where the gradients of its parameters are collected. */
  readonly collected: readonly CollectedParameter[];
  /** The tables whose gradients are added up after the job of each batch; `undefined` where there are none. */
  readonly tables: TableGradients | undefined;
  readonly tilePoints: number;
  readonly scratchBytes: number;
  readonly gradientBytes: number;
}

/**
 * Whether the gradient is computed by adjoints instead of the jet. With one output, adjoints cost as much as a jet with
 * 2 rows, independent of the number of coordinates d; the jet has 1 + d rows.
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

/** Removes identity activations. */
const withoutIdentities = (program: KernelProgram): KernelProgram => ({
  ...program,
  operations: program.operations.map(operation => {
    if (operation.kind !== 'linear' || operation.activation === undefined || !isIdentity(operation.activation))
      return operation;
    const { activation: _, ...linear } = operation;
    return linear;
  }),
});

/** Whether no row belongs to two levels. */
const areDisjoint = (levels: GridOperation['levels']): boolean => {
  const sorted = [...levels].sort((a, b) => a.firstRow - b.firstRow);
  return sorted.every(({ firstRow, rows }, index) => firstRow + rows <= (sorted[index + 1]?.firstRow ?? Infinity));
};

/** The parts of a machine that the encoding depends on. */
type EncodingMachine = Pick<Machine, 'functions' | 'layout'>;

/** Writes the records of a program's operations. */
class ProgramEncoder {
  readonly image = new Image();
  readonly packings = new Packings();
  readonly gradients: Gradients;
  readonly tables = new TableGradients();
  readonly #program: KernelProgram;
  readonly #purpose: Purpose;
  readonly #usesAdjoint: boolean;
  readonly #machine: EncodingMachine;
  readonly #needsGradient: readonly boolean[];

  constructor(machine: EncodingMachine, program: KernelProgram, purpose: Purpose, usesAdjoint: boolean) {
    this.#machine = machine;
    this.gradients = new Gradients(machine.layout.panel, { isCompact: program.fields === undefined });
    this.#needsGradient = registersWithGradient(program, purpose);
    this.#program = program;
    this.#purpose = purpose;
    this.#usesAdjoint = usesAdjoint;
  }

  get #forBackward(): boolean {
    return this.#purpose !== 'forward';
  }

  activation(operation: Operation): EncodedActivation | undefined {
    const activation =
      operation.kind === 'linear' || operation.kind === 'elementwise' ? operation.activation : undefined;
    return (
      activation &&
      encodeActivation(this.image, this.packings, activation, {
        order: this.#program.shape.order,
        forBackward: this.#forBackward,
        forAdjoint: this.#usesAdjoint,
        ownsInput: operation.kind === 'linear',
        rowFloats: this.#panels(operation.outFeatures) * this.#machine.layout.panel,
        gradients: this.gradients,
      })
    );
  }

  /** Offset of the gradient of some values, or NONE for constants. */
  #gradientOf(numbers: OperandArray | undefined, add: 'panels' | 'vector'): number {
    return this.#forBackward && numbers?.kind === 'parameter' ? this.gradients[add](numbers) : NONE;
  }

  /** The number of panels for `columns` columns. */
  #panels(columns: number): number {
    return Math.ceil(columns / this.#machine.layout.panel);
  }

  /** Reserves workspace for a packed weight matrix. */
  #reserveWeights(depth: number, columns: number): Pointer {
    return this.image.reserve(packedBytes(this.#machine.layout, depth, columns));
  }

  /** A contiguous copy of some values, padded with zeros to a multiple of a panel's columns. */
  #vector(
    numbers: OperandArray,
    { first = 0, count, step = 1 }: { first?: number; count: number; step?: number },
  ): Pointer {
    const target = this.image.floats(new Float32Array(this.#machine.layout.panel * this.#panels(count)));
    const { source, fieldBytes } = sourceOf(this.image, numbers);
    const from = { source: advance(source, FLOAT * first), fieldBytes };
    this.packings.add({ kind: constants.PACK_COPY, ...from, rows: count, columns: step, target });
    return target;
  }

  /** The data specific to an operation's kind; 0 if there is none. */
  detail(
    operation: Operation,
    index: number,
    layout: ScratchLayout,
    activation: EncodedActivation | undefined,
  ): Pointer | number {
    const { image } = this;
    switch (operation.kind) {
      case 'linear': {
        const { weight, bias, outFeatures } = operation;
        const [inFeatures = 0] = weight.shape;
        const [outPanels, inPanels] = [this.#panels(outFeatures), this.#panels(inFeatures)];
        const matrix = { ...sourceOf(image, weight), rows: inFeatures, columns: outFeatures };
        const weights = this.#reserveWeights(inFeatures, outFeatures);
        this.packings.add({ kind: constants.PACK_PANELS, ...matrix, target: weights });
        const isTransposed = this.#usesAdjoint || layout.contributions[index]?.[0]?.gradient !== NONE;
        const transposed = isTransposed ? this.#reserveWeights(outFeatures, inFeatures) : 0;
        if (typeof transposed !== 'number')
          this.packings.add({ kind: constants.PACK_TRANSPOSED, ...matrix, target: transposed });
        return image.record('Linear', {
          outPanels,
          inPanels,
          weights,
          bias: bias ? this.#vector(bias, { count: outFeatures }) : 0,
          transposed,
          weightGradient: this.#gradientOf(weight, 'panels'),
          biasGradient: this.#gradientOf(bias, 'vector'),
          activation: activation?.pointer ?? 0,
          z: layout.preActivations[index] as number,
          keptDerivatives: layout.keptData[index] as number,
          u: layout.adjoint?.values[index] ?? NONE,
        });
      }
      case 'elementwise':
        return activation?.pointer ?? 0;
      case 'sum':
        return image.floats(operation.coefficients);
      case 'columns':
        return image.integers(operation.columns);
      case 'constant': {
        const { values, column, outFeatures: count } = operation;
        const part = column === undefined ? { count } : { count, first: column, step: values.shape[1] as number };
        const gradient = this.#forBackward && values.kind === 'parameter' ? this.gradients.vector(values, part) : NONE;
        return image.record('Constant', { values: this.#vector(values, part), gradient });
      }
      case 'grid':
        return this.#grid(operation, layout.keptData[index] as number, this.lookupBytes(operation));
      case 'concat':
      case 'product':
        return 0;
      case 'custom':
        throw new Error('simd: there is no kernel for a custom operation');
    }
  }

  /**
   * Whether an operation is a grid, and the gradient of its table is added up from tapes. Each of many fields has sums
   * of its own, and levels that share rows could not be added up by different threads.
   */
  hasTape(operation: Operation): boolean {
    return (
      operation.kind === 'grid' &&
      this.#forBackward &&
      this.#program.fields === undefined &&
      operation.table.kind === 'parameter' &&
      areDisjoint(operation.levels)
    );
  }

  /** Whether the backward pass of a grid reads the lookups of the forward pass. */
  #keepsLookups(operation: GridOperation): boolean {
    if (!this.#forBackward) return false;
    const needsTable = operation.table.kind === 'parameter' && !this.hasTape(operation);
    return needsTable || this.#needsGradient[operation.inputs[0]] === true;
  }

  /** Bytes of a grid's lookup of a point and a level. */
  lookupBytes({ inputs: [input], table }: GridOperation): number {
    return this.#machine.functions.gridKeptBytes(
      this.#widthOf(input),
      table.shape[1] as number,
      blockCount(this.#program.shape),
    );
  }

  /** Bytes of scratch that an operation needs while it runs. */
  temporaryBytes(operation: Operation, activation: EncodedActivation | undefined): number {
    if (operation.kind !== 'grid') return activation?.temporaryBytes ?? 0;
    return this.#machine.functions.gridScratchBytes(
      this.#widthOf(operation.inputs[0]),
      blockCount(this.#program.shape),
    );
  }

  /** Floats per point that an operation keeps for its backward pass. */
  keptFloats(operation: Operation, activation: EncodedActivation | undefined, stride: number): number {
    if (operation.kind !== 'grid') return (activation?.keptDerivativeBlocks ?? 0) * stride;
    return (this.lookupBytes(operation) / FLOAT) * (this.#keepsLookups(operation) ? operation.levels.length : 1);
  }

  /** Where the gradient of a grid's table is added up. */
  #tableGradient(operation: GridOperation, axes: number): { readonly tableGradient: number; readonly tape: number } {
    const { table, levels, outFeatures } = operation;
    if (table.kind !== 'parameter' || !this.hasTape(operation))
      return { tableGradient: this.#gradientOf(table, 'vector'), tape: NONE };
    const floats = blockCount(this.#program.shape) * (axes + outFeatures);
    return this.tables.add(table, { floats, levels: levels.length });
  }

  #grid(operation: GridOperation, keptLookups: number, lookupBytes: number): Pointer {
    const {
      inputs: [input],
      table,
      levels,
      interpolation,
    } = operation;
    const axes = this.#widthOf(input);
    const { source, fieldBytes } = sourceOf(this.image, table);
    const pointer = this.image.record('Grid', {
      axes,
      rowFeatures: table.shape[1] as number,
      levels: this.image.list(
        'GridLevel',
        levels.map(({ resolution, firstRow, rows, hashed, blocks }) => ({
          resolution,
          firstRow,
          rows,
          mask: hashed ? rows - 1 : NONE,
          multipliers: this.image.integers(
            Array.from({ length: axes }, (_, i) => {
              if (blocks) return blocksAlong(resolution, blocks.log2Size) ** i;
              return hashed ? (HASH_PRIMES[i] as number) : (resolution + 1) ** i;
            }),
          ),
          directory: blocks ? this.image.integers([...blocks.firstRows]) : 0,
          blockShift: blocks?.log2Size ?? 0,
        })),
      ),
      levelCount: levels.length,
      table: source,
      ...this.#tableGradient(operation, axes),
      keptLookups,
      keptLookupBytes: this.#keepsLookups(operation) ? lookupBytes : 0,
      interpolation:
        constants[`INTERPOLATION_${interpolation.toUpperCase() as Uppercase<typeof interpolation>}` as const],
    });
    const target = advance(pointer, FLOAT * wordOf('Grid', 'table'));
    if (fieldBytes > 0)
      this.packings.add({ kind: constants.PACK_ADDRESS, source, fieldBytes, rows: 1, columns: 1, target });
    return pointer;
  }

  #widthOf(register: number): number {
    const { inputs, operations } = this.#program;
    return inputs[register]?.features ?? (operations[register - inputs.length] as Operation).outFeatures;
  }

  /** The records of an operation's operands. */
  operands(operation: Operation, index: number, layout: ScratchLayout): Pointer {
    const { inputs, shape } = this.#program;
    return this.image.list(
      'Operand',
      operation.inputs.map((register, k) => {
        const { gradient, accumulates } = layout.contributions[index]?.[k] ?? { gradient: NONE, accumulates: false };
        return {
          features: this.#widthOf(register),
          stride: layout.strides[register] as number,
          jet: layout.values[register] as number,
          gradient,
          accumulates: Number(accumulates),
          gradientBlocks: inputs[register]?.kind === 'coords' ? 1 : blockCount(shape),
        };
      }),
    );
  }
}

const encodeForms = (image: Image, { order, inFeatures, forms }: KernelProgram['shape'], isEmpty = false): Pointer =>
  image.record('Forms', {
    first: isEmpty || order === 0 ? 0 : inFeatures,
    second: isEmpty ? 0 : (forms?.weights.length ?? 0),
    pairCount: isEmpty ? 0 : (forms?.pairs.length ?? 0),
    pairs: image.integers(forms?.pairs.flat() ?? []),
    weights: image.floats(forms?.weights.flat() ?? []),
  });

/** The loss's record, without the fields that change from step to step, and the scratch that it needs. */
const encodeLoss = (
  { image, packings }: ProgramEncoder,
  { penalty, blocks, targetWidths, weight }: KernelLoss,
  features: number,
) => {
  const expressions: readonly Expression[] = [penalty.expressions.value, penalty.expressions.firstDerivative];
  const parameters = Object.entries(penalty.parameters).map(([name, value]) => ({ name, value }));
  const table = new FormulaTable(image, packings, { parameters, formulas: [expressions] });
  const formula = table.add(expressions);
  const targets = image.list(
    'LossTarget',
    targetWidths.map(width => ({ source: 0, width })),
  );
  const pointer = image.record('Loss', {
    formula: formula.pointer,
    table: table.pointer,
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
    pointer,
    targets: targetWidths
      .map((width, index): EncodedTarget => ({ index, width, source: source + bytes * index }))
      .filter(({ index }) => used.has(index)),
    temporaryBytes: constants.REGISTER_BYTES * formula.registerCount,
  };
};

/** Encodes a program for a purpose; `loss` is needed for the purpose `loss`. */
export const encodeProgram = (
  machine: EncodingMachine,
  given: KernelProgram,
  purpose: Purpose,
  loss?: KernelLoss,
): EncodedProgram => {
  const program = withoutIdentities(given);
  const { inputs, operations, outFeatures, shape, parameterCount } = program;

  const usesAdjoint = prefersAdjoint(program);
  const encoder = new ProgramEncoder(machine, program, purpose, usesAdjoint);
  const { image, packings, gradients } = encoder;
  const activations = operations.map(operation => encoder.activation(operation));
  const lossRecord = loss && encodeLoss(encoder, loss, outFeatures);
  const temporaryBytes = Math.max(
    0,
    lossRecord?.temporaryBytes ?? 0,
    ...operations.map((operation, index) => encoder.temporaryBytes(operation, activations[index])),
  );
  const keptFloats = operations.map((operation, index) =>
    encoder.keptFloats(operation, activations[index], strideFor(operation.outFeatures, machine.layout)),
  );
  const requirements = { layout: machine.layout, temporaryBytes, keptFloats };
  const layout = usesAdjoint
    ? layOutAdjointScratch(program, purpose, requirements)
    : layOutScratch(program, purpose, requirements);
  const operationRecords = operations.map((operation, index) => {
    const register = inputs.length + index;
    return image.record('Operation', {
      kind: constants[
        `OPERATION_${operation.kind.toUpperCase() as Uppercase<Exclude<Operation['kind'], 'custom'>>}` as const
      ],
      features: operation.outFeatures,
      stride: layout.strides[register] as number,
      jet: layout.values[register] as number,
      gradient: layout.gradients[register] as number,
      operands: encoder.operands(operation, index, layout),
      operandCount: operation.inputs.length,
      detail: encoder.detail(operation, index, layout, activations[index]),
    });
  });
  const inputRecords = image.list(
    'Input',
    inputs.map(({ features, kind }, register) => ({
      features,
      stride: layout.strides[register] as number,
      jet: layout.values[register] as number,
      gradient: layout.gradients[register] as number,
      sourceIsJet: Number(kind === 'jet'),
      source: 0,
      sourceGradient: 0,
    })),
  );
  const { g0 = 0, g1 = 0, g2 = 0 } = layout.adjoint ?? {};
  const adjoint = usesAdjoint ? image.record('Adjoint', { g0, g1, g2, noForms: encodeForms(image, shape, true) }) : 0;
  const tapedOperations = layout.backwardOrder
    .filter(index => encoder.hasTape(operations[index] as Operation))
    .map(index => operationRecords[index] as Pointer);
  const job = image.record('Program', {
    forms: encodeForms(image, shape),
    inputs: inputRecords,
    inputCount: inputs.length,
    operations: image.integers(operationRecords),
    operationCount: operationRecords.length,
    backwardOperations: image.integers(layout.backwardOrder.map(index => operationRecords[index] as Pointer)),
    backwardCount: layout.backwardOrder.length,
    contribution: layout.contribution,
    temporaries: layout.temporaries,
    adjoint,
    loss: lossRecord?.pointer ?? 0,
    scratchBytes: layout.scratchBytes,
    gradientBytes: gradients.bytes,
    points: 0,
    blockPoints: 0,
    tilePoints: layout.tilePoints,
    scratch: 0,
    gradients: 0,
    outputs: 0,
    upstream: 0,
    keptTileCount: 0,
    keptTiles: 0,
    tableOperations: image.integers(tapedOperations),
    tableOperationCount: tapedOperations.length,
    tableParts: 0,
    tapes: 0,
    tapeFloats: encoder.tables.tapeFloats,
    tableSums: 0,
    marks: 0,
    rowRanges: 0,
  });
  const packingList = packings.finish(image);
  const collectionList = gradients.finish(image);
  return {
    program,
    purpose,
    usesAdjoint,
    memory: image.finish(parameterCount),
    job: job.offset,
    inputs: inputRecords.offset,
    loss: lossRecord?.pointer.offset ?? 0,
    targets: lossRecord?.targets ?? [],
    packings: { offset: packingList.pointer.offset, count: packingList.count },
    collections: { offset: collectionList.pointer.offset, count: collectionList.count },
    collected: gradients.collected,
    tables: encoder.tables.bytes > 0 ? encoder.tables : undefined,
    tilePoints: layout.tilePoints,
    scratchBytes: layout.scratchBytes,
    gradientBytes: gradients.bytes,
  };
};
