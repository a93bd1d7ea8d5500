/** @file The number of parameters that would be left. */
import type { Structure, Unit } from './structure.ts';

/** Counts the parameters of a network while units are taken away. */
export class Sizes {
  /** For each parameter, the lengths of its axes. */
  readonly #lengths: number[][];
  /** For each unit, what it takes away: parameter, axis, length. */
  readonly #parts = new Map<Unit, (readonly [parameter: number, axis: number, length: number])[]>();

  constructor({ network, parameters }: Structure) {
    this.#lengths = network.layout.entries.map(({ shape }) => [...shape]);
    const add = (unit: Unit, parameter: number, axis: number, length: number): void => {
      const own = this.#parts.get(unit) ?? [];
      this.#parts.set(unit, own);
      own.push([parameter, axis, length]);
    };
    for (const [index, units] of parameters.entries()) {
      if (units === undefined) continue;
      for (const [axis, own] of units.axes.entries()) for (const unit of own ?? []) add(unit, index, axis, 1);
      const { table } = units;
      if (table) for (const [level, unit] of table.units.entries()) add(unit, index, 0, table.levels[level]?.rows ?? 0);
    }
  }

  /** The number of parameters now. */
  get total(): number {
    return this.#lengths.reduce((sum, shape) => sum + shape.reduce((product, length) => product * length, 1), 0);
  }

  /** Takes a unit away. */
  remove(unit: Unit): void {
    for (const [parameter, axis, length] of this.#parts.get(unit) ?? []) {
      const shape = this.#lengths[parameter] as number[];
      shape[axis] = (shape[axis] as number) - length;
    }
  }
}
