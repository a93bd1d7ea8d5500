/**
 * @file The vectors that a fit owns: parameters, the optimizer's state, the moving average, and those of the last good
 * report.
 */
import {
  add,
  keep,
  mul,
  sum,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  type Variable,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Model } from '../model.ts';
import type { ParameterLayout } from '../params/layout.ts';
import type { TrainingState } from './checkpoint.ts';
import { describeNonFinite, findNonFinite } from './non-finite.ts';
import {
  type GradientOptimizer,
  isSearchOptimizer,
  type Optimizer,
  type SearchOptimizer,
  type SearchOutput,
  stateLengthsOf,
} from './optimizer.ts';

interface Vectors {
  readonly parameters: Tensor1D;
  readonly state: readonly Tensor1D[];
  /** The state of an optimizer that searches; on the host. */
  readonly searchState: readonly Float32Array[];
  readonly average?: Tensor1D;
}

const vectorsOf = ({ parameters, state, average }: Vectors): Tensor1D[] => [
  parameters,
  ...state,
  ...(average ? [average] : []),
];

const assertVectors = (kind: string, vectors: readonly Tensor[], lengths: readonly number[]): void => {
  if (vectors.length !== lengths.length)
    throw new RangeError(`${kind}: an update must return ${lengths.length} vectors of state, got ${vectors.length}`);
  for (const [index, { shape }] of vectors.entries())
    if (shape.length !== 1 || shape[0] !== lengths[index])
      throw new RangeError(
        `${kind}: an update must return vectors of shape [${lengths[index]}], got [${shape.join(', ')}]`,
      );
};

/** Whether a run can resume from a state. */
export const isFiniteState = ({ parameters, optimizer, average }: Omit<TrainingState, 'step' | 'history'>): boolean =>
  [parameters, ...optimizer, ...(average ? [average] : [])].every(vector => findNonFinite(vector) === undefined);

const read = async (vector: Tensor1D): Promise<Float32Array> => Float32Array.from(await vector.data());

/**
 * A projection of the parameters `f32[P]` after every update, e.g. clamping. The fit disposes of every tensor that is
 * created here and not returned.
 */
export type ParameterProjection = (parameters: Tensor1D, layout: ParameterLayout) => Tensor1D;

/** The options of {@link TrainingVectors}. */
export interface TrainingVectorsOptions {
  /** Whether to maintain an exponential moving average of the parameters. */
  readonly average: boolean;
  readonly resumed?: TrainingState;
  /** The projection after every update. */
  readonly project?: ParameterProjection;
}

/** How the parameters change in one step. */
export interface UpdateOptions {
  /** 1 for the first. */
  readonly step: number;
  readonly learningRate: number;
  readonly averageDecay: number | undefined;
  /** `f32[P]` with new values of untrained parameters; unchanged if absent. */
  readonly untrained: Tensor1D | undefined;
}

/** Owns flat vectors `f32[P]`. Tensors are immutable, so remembering a state needs no copy. */
export class TrainingVectors {
  readonly #layout: ParameterLayout;
  readonly #project: ParameterProjection | undefined;
  #now: Vectors;
  #good: { readonly vectors: Vectors; readonly step: number } | undefined;

  constructor(model: Model, optimizer: Optimizer, { average, resumed, project }: TrainingVectorsOptions) {
    const { layout } = model;
    this.#layout = layout;
    this.#project = project;
    const initial = (): Tensor1D => layout.join(layout.pick(model.parameters));
    const parameters = keep(resumed ? tensor1d(resumed.parameters) : initial());
    const searches = isSearchOptimizer(optimizer);
    const searchState = searches && resumed ? resumed.optimizer : [];
    // The model has changed, and the optimizer's vectors could not be mapped.
    const restarts = resumed !== undefined && resumed.optimizer.length === 0;
    const vectors = restarts && !searches ? optimizer.restart?.() : resumed?.optimizer;
    const state = (searches ? [] : stateLengthsOf(optimizer, parameters.size)).map((length, index) => {
      const values = vectors?.[index];
      return keep(values ? tensor1d(values) : (zeros([length]) as Tensor1D));
    });
    const averaged = average ? keep(resumed?.average ? tensor1d(resumed.average) : parameters.clone()) : undefined;
    this.#now = { parameters, state, searchState, ...(averaged && { average: averaged }) };
  }

  get parameters(): Tensor1D {
    return this.#now.parameters;
  }

  /** The parameters that a model gets: the average where there is one. */
  get reported(): Tensor1D {
    return this.#now.average ?? this.#now.parameters;
  }

  /** The state of the last search. */
  get searchState(): readonly Float32Array[] {
    return this.#now.searchState;
  }

  /** Whether parameters are changed after an update. */
  get changesParametersAfterUpdate(): boolean {
    return this.#project !== undefined || this.#layout.entries.some(({ trained }) => !trained);
  }

  /** Replaces the values of untrained parameters. */
  #withUntrained(parameters: Tensor1D, untrained: Tensor1D | undefined): Tensor1D {
    if (untrained === undefined) return parameters;
    const [trained, state] = [this.#layout.split(parameters), this.#layout.split(untrained)];
    return this.#layout.join(
      this.#layout.entries.map(entry => (entry.trained ? trained : state)[entry.index] as Tensor),
    );
  }

  #projected(parameters: Tensor1D): Tensor1D {
    if (this.#project === undefined) return parameters;
    const projected = this.#project(parameters, this.#layout);
    assertVectors('project', [projected], [this.#layout.size]);
    return projected;
  }

  /** One update of all vectors. */
  async update(optimizer: GradientOptimizer, gradient: Tensor1D, options: UpdateOptions): Promise<void> {
    const { step, learningRate, averageDecay, untrained } = options;
    const before = this.#now;
    const lengths = stateLengthsOf(optimizer, gradient.size);
    // Disposes of tensors that a custom optimizer leaves behind, also when it throws.
    const [parameters, ...state] = tidy(() => {
      const input = { parameters: before.parameters, gradient, state: before.state, step, learningRate };
      const next = optimizer.update(input);
      assertVectors(optimizer.kind, [next.parameters], [gradient.size]);
      assertVectors(optimizer.kind, next.state, lengths);
      // A vector that the update returns unchanged would be disposed of with its source.
      const taken: Tensor[] = [...vectorsOf(before), gradient];
      return [this.#projected(this.#withUntrained(next.parameters, untrained)), ...next.state].map(vector => {
        const own = taken.includes(vector) ? vector.clone() : vector;
        taken.push(own);
        return own;
      });
    }) as [Tensor1D, ...Tensor1D[]];
    this.#advance({ parameters: keep(parameters), state: state.map(keep), searchState: [] }, averageDecay);
    const renewed = await optimizer.renewState?.(state, step);
    if (renewed === undefined) return;
    assertVectors(optimizer.kind, renewed, lengths);
    for (const vector of state) if (!renewed.includes(vector)) vector.dispose();
    this.#now = { ...this.#now, state: renewed.map(keep) };
  }

  /** Takes over the result of a search. */
  replace(
    { kind }: SearchOptimizer,
    { parameters, state: searchState }: SearchOutput,
    {
      averageDecay,
      untrained,
    }: { readonly averageDecay: number | undefined; readonly untrained: Float32Array | undefined },
  ): void {
    const { size } = this.#now.parameters;
    if (parameters.length !== size)
      throw new RangeError(`${kind}: a search must return ${size} parameters, got ${parameters.length}`);
    const projected = tidy(() =>
      keep(this.#projected(this.#withUntrained(tensor1d(parameters), untrained && tensor1d(untrained)))),
    );
    this.#advance({ parameters: projected, state: [], searchState }, averageDecay);
  }

  #advance(next: Vectors, averageDecay: number | undefined): void {
    const before = this.#now;
    const average =
      before.average && averageDecay !== undefined
        ? tidy(
            () =>
              add(mul(before.average as Tensor1D, averageDecay), mul(next.parameters, 1 - averageDecay)) as Tensor1D,
          )
        : undefined;
    this.#now = { ...next, ...(average && { average: keep(average) }) };
    if (this.#good?.vectors !== before) for (const vector of vectorsOf(before)) vector.dispose();
  }

  /** Remembers the current state, after `step` updates, as good. */
  remember(step: number): void {
    if (this.#good && this.#good.vectors !== this.#now)
      for (const vector of vectorsOf(this.#good.vectors)) vector.dispose();
    this.#good = { vectors: this.#now, step };
  }

  /** Restores the last good state, and returns its number of updates. */
  restore(): number {
    if (this.#good === undefined) return 0;
    const { vectors, step } = this.#good;
    if (vectors !== this.#now) for (const vector of vectorsOf(this.#now)) vector.dispose();
    this.#now = vectors;
    return step;
  }

  /** Assigns parameters `f32[P]` to a model: the current ones if absent, the average where there is one. */
  assign(model: Model, parameters: Tensor1D = this.reported): void {
    tidy(() => {
      const values = this.#layout.split(parameters);
      for (const { name, index } of this.#layout.entries)
        (model.parameters[name] as Variable).assign(values[index] as Tensor);
    });
  }

  /** Whether every parameter is a finite number. */
  async areFinite(): Promise<boolean> {
    const probe = tidy(() => sum(mul(this.#now.parameters, 0)));
    try {
      return (await probe.data())[0] === 0;
    } finally {
      probe.dispose();
    }
  }

  /** @throws RangeError that names the first parameter with a value that is not finite */
  async assertFinite(): Promise<void> {
    for (const [name, { data }] of this.#layout.toMap(await read(this.#now.parameters))) {
      const wrong = findNonFinite(data);
      if (wrong)
        throw new RangeError(`fit: the parameters must be finite: ${describeNonFinite(name, wrong, data.length)}`);
    }
  }

  /** Reads everything from the device. */
  async read(): Promise<Pick<TrainingState, 'parameters' | 'optimizer' | 'average'>> {
    const { parameters, state, searchState, average } = this.#now;
    return {
      parameters: await read(parameters),
      optimizer: [...(await Promise.all(state.map(read))), ...searchState],
      ...(average && { average: await read(average) }),
    };
  }

  dispose(): void {
    const vectors = new Set([...vectorsOf(this.#now), ...(this.#good ? vectorsOf(this.#good.vectors) : [])]);
    for (const vector of vectors) vector.dispose();
  }
}
