/**
 * @file The layout of a network's parameters: the names, shapes and offsets of parameters in one flat vector `f32[P]`.
 *   All code that names a parameter, or splits or joins the vector, uses it.
 */
import { concat1d, reshape, slice, split, type Tensor, type Tensor1D, tidy, zeros } from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';

/** One parameter of a layout. */
export interface ParameterEntry {
  /** Unique, e.g. `layers.0.weight`. */
  readonly name: string;
  /** The path of its layer in the spec, e.g. `layers.0`. */
  readonly layer: string;
  /** Its role within the layer, e.g. `weight`. */
  readonly role: string;
  /** Parameters of one group are trained alike, e.g. `network`, `table`. */
  readonly group: string;
  /** False for state that is not trained, e.g. running statistics: no optimizer changes it. */
  readonly trained: boolean;
  readonly shape: readonly number[];
  /** The product of the shape. */
  readonly size: number;
  /** Its start in the flat vector. */
  readonly offset: number;
  /** Its index among the parameters. */
  readonly index: number;
  /** Makes the initial values, row-major. */
  initialise(rng: Rng): Float32Array;
}

/** A query for {@link ParameterLayout.select}: all given fields must match. */
export interface ParameterQuery {
  readonly layer?: string;
  readonly role?: string;
  readonly group?: string;
}

/** The declaration of a parameter; its offset follows from the order. */
export type ParameterDeclaration = Omit<ParameterEntry, 'name' | 'size' | 'offset' | 'index' | 'trained'> & {
  /** True if absent. */
  readonly trained?: boolean;
};

/** The values of a parameter with their shape. */
export interface ParameterView {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** `layer.role`; the role alone where there is no layer. */
const nameOf = ({ layer, role }: ParameterDeclaration): string => (layer === '' ? role : `${layer}.${role}`);

const describe = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** The names, shapes and offsets of all parameters of a network, in order. Immutable. */
export class ParameterLayout {
  readonly entries: readonly ParameterEntry[];
  /** P, the number of scalars in all parameters. */
  readonly size: number;
  readonly #byName: ReadonlyMap<string, ParameterEntry>;

  /** @throws RangeError when two parameters have the same name */
  constructor(declarations: readonly ParameterDeclaration[]) {
    let offset = 0;
    this.entries = declarations.map((declaration, index) => {
      const size = declaration.shape.reduce((product, length) => product * length, 1);
      const { trained = true } = declaration;
      const entry = { ...declaration, trained, name: nameOf(declaration), size, offset, index };
      offset += size;
      return Object.freeze(entry);
    });
    this.size = offset;
    this.#byName = new Map(this.entries.map(entry => [entry.name, entry]));
    if (this.#byName.size < this.entries.length) {
      const twice = this.entries.find(entry => this.#byName.get(entry.name) !== entry);
      throw new RangeError(`parameter layout: names must be unique, got '${twice?.name}' twice`);
    }
  }

  /** All names in order. */
  names(): string[] {
    return this.entries.map(({ name }) => name);
  }

  /** Whether there is a parameter of that name. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** One parameter. @throws RangeError when there is no such parameter */
  entry(name: string): ParameterEntry {
    const entry = this.#byName.get(name);
    if (entry === undefined)
      throw new RangeError(
        `parameter layout: unknown parameter '${name}'; known: ${this.names().join(', ') || 'none'}`,
      );
    return entry;
  }

  /** The parameters that match, in order, e.g. `select({ role: 'weight' })`. */
  select(query: ParameterQuery): ParameterEntry[] {
    const wanted = Object.entries(query) as [keyof ParameterQuery, string][];
    return this.entries.filter(entry => wanted.every(([key, value]) => entry[key] === value));
  }

  /**
   * One parameter's part of a flat vector: a view, not a copy.
   *
   * @throws RangeError when the name or the length is wrong
   */
  view(flat: Float32Array, name: string): Float32Array {
    this.#assertSize(flat.length);
    const { offset, size } = this.entry(name);
    return flat.subarray(offset, offset + size);
  }

  /** Every parameter by name, each a copy. @throws RangeError when the length is wrong */
  toMap(flat: Float32Array): Map<string, ParameterView> {
    this.#assertSize(flat.length);
    return new Map(
      this.entries.map(({ name, shape, offset, size }) => [name, { shape, data: flat.slice(offset, offset + size) }]),
    );
  }

  /** The flat vector of parameters by name. @throws RangeError when one is missing or of another size */
  toFlat(parameters: ReadonlyMap<string, { readonly data: ArrayLike<number> }>): Float32Array {
    const flat = new Float32Array(this.size);
    for (const { name, shape, offset, size } of this.entries) {
      const data = parameters.get(name)?.data;
      if (data === undefined) throw new RangeError(`parameter '${name}' ${describe(shape)} is missing`);
      if (data.length !== size)
        throw new RangeError(`parameter '${name}' must be ${describe(shape)}, got ${data.length} values`);
      flat.set(data, offset);
    }
    return flat;
  }

  /** One parameter of a flat vector `f32[P]` in its shape; differentiable. */
  tensor(flat: Tensor1D, name: string): Tensor {
    this.#assertSize(flat.size);
    const { offset, size, shape } = this.entry(name);
    return tidy(() => reshape(slice(flat, offset, size), [...shape]));
  }

  /** All parameters of a flat vector `f32[P]` in order and in their shapes. */
  split(flat: Tensor1D): Tensor[] {
    this.#assertSize(flat.size);
    const [first, second] = this.entries;
    if (first === undefined) return [];
    // tfjs cannot differentiate a split into one part: it hands its gradient a tensor instead of a list.
    if (second === undefined) return [reshape(flat, [...first.shape])];
    return tidy(() =>
      split(
        flat,
        this.entries.map(({ size }) => size),
      ).map((part, index) => reshape(part, [...(this.entries[index] as ParameterEntry).shape])),
    );
  }

  /** Joins tensors in order to a flat vector `f32[P]`. */
  join(tensors: readonly Tensor[]): Tensor1D {
    if (tensors.length === 0) return zeros([0]);
    return tidy(() => concat1d(tensors.map(tensor => reshape(tensor, [tensor.size]) as Tensor1D)));
  }

  /** Tensors by name in order. @throws RangeError when one is missing or of another shape */
  pick(parameters: Readonly<Record<string, Tensor>>): Tensor[] {
    return this.entries.map(({ name, shape }) => {
      const tensor = parameters[name];
      if (tensor === undefined) throw new RangeError(`parameter '${name}' is missing`);
      if (tensor.shape.length !== shape.length || tensor.shape.some((length, axis) => length !== shape[axis]))
        throw new RangeError(`parameter '${name}' must be ${describe(shape)}, got ${describe(tensor.shape)}`);
      return tensor;
    });
  }

  #assertSize(length: number): void {
    if (length !== this.size)
      throw new RangeError(`parameter layout: the flat vector must be [${this.size}], got [${length}]`);
  }
}
