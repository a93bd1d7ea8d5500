import type { Operation, Register } from '@neural-fields/core/kernels';
import { type Criterion, type Product, productsOf, type Ranked, rowNorms, Scores, valuesOf } from './criterion.ts';
import { outgoingNorms } from './outgoing-norm.ts';

/** Terms below it do not change the sum. */
const NEGLIGIBLE = 1e-12;

/**
 * sum over k != 0 of min(1, (|w| / 2)^|k| / |k|!): a bound on the sum of the amplitudes of all sines that an input with
 * the effective weight w takes part in.
 */
export const amplitudeSum = (w: number): number => {
  const half = Math.abs(w) / 2;
  let [term, total] = [1, 0];
  for (let k = 1; k === 1 || term > NEGLIGIBLE; k++) {
    term *= half / k;
    total += Math.min(1, term);
    if (!Number.isFinite(term)) return Number.POSITIVE_INFINITY;
  }
  return 2 * total;
};

/** omega, where the only reader of a register is a sine; `undefined` where a sine is not what reads it. */
const omegaBehind = (operations: readonly Operation[], register: Register, ranked: Ranked): number | undefined => {
  const readers = operations.filter(({ inputs }) => (inputs as readonly Register[]).includes(register));
  const [reader] = readers;
  if (readers.length !== 1 || reader?.kind !== 'elementwise') return undefined;
  const { definition, parameters } = reader.activation;
  if (definition.kind !== 'sine') return undefined;
  const omega = parameters.find(({ name }) => name === 'omega')?.value ?? 1;
  return typeof omega === 'number' ? omega : (valuesOf(ranked, omega)[0] as number);
};

/** Whether the result of a product is the output of the field. */
const isOutput = ({ outputs }: Product, { structure }: Ranked): boolean =>
  outputs.every(unit => structure.fixed.get(unit) !== undefined);

/**
 * The amplitude bound of what a unit takes part in. A neuron sin(omega (sum_j W_ji h_j + b_i)) on sines h_j is a sum of
 * sines with amplitudes prod_j J_kj(omega W_ji), each at most prod_j (|omega W_ji| / 2)^|k_j| / |k_j|!: Novello et al.
 * 2025, arXiv:2407.21121, theorem 1 and corollary 2. The score of input j is
 *
 *     sum_i (sum_o |C_io|) sum_(k != 0) min(1, (|omega W_ji| / 2)^|k| / |k|!)
 *
 * with the outgoing weights C of neuron i; for a unit read by the last layer, sum_o |C_jo|.
 *
 * Its scores throw a TypeError where units are read by anything but sine layers and the last layer.
 */
export const besselBound = (): Criterion => ({
  name: 'bessel',
  describe: () => 'bessel',
  scores: ranked => {
    const { operations } = ranked.structure.network.program;
    const outgoing = outgoingNorms(ranked).values;
    const scores = new Scores();
    for (const product of productsOf(ranked)) {
      const { operation, weight, inputs, outputs } = product;
      if (inputs.every(unit => ranked.structure.fixed.has(unit))) continue;
      if (isOutput(product, ranked)) {
        for (const [j, norm] of rowNorms(product).entries()) scores.add(inputs[j], norm);
        continue;
      }
      const index = operations.indexOf(operation);
      const omega = omegaBehind(operations, index + 1, ranked);
      if (omega === undefined)
        throw new TypeError(
          `bessel: the units of '${ranked.structure.network.owners[index]}' must be sines: the bound is that of sines of sums of sines. Use another criterion`,
        );
      for (const [i, value] of weight.entries())
        scores.add(
          inputs[Math.floor(i / outputs.length)],
          amplitudeSum(omega * value) * (outgoing.get(outputs[i % outputs.length] as number) ?? 0),
        );
    }
    return scores.values;
  },
});
