/**
 * @file The formula of every activation in Taylor arithmetic, which gives its derivatives in float64 without further
 *   formulas.
 */
import { type Side, type TaylorAlgebra, type TaylorNumber, taylorAlgebra } from './taylor.ts';

/** An activation with the values of all its parameters; `learnable` is ignored. */
export interface OracleActivation {
  readonly kind: string;
  readonly [parameter: string]: unknown;
}

/** s(x) for Taylor numbers `x` and `p` (the parameters by name); kinks at x = 0 are approached from `side`. */
type Formula = (t: TaylorAlgebra, x: TaylorNumber, p: (name: string) => TaylorNumber, side: Side) => TaylorNumber;

const isPositive = (t: TaylorAlgebra, x: TaylorNumber, side: Side): boolean => (t.value(x) || side) > 0;

const sigmoid: Formula = (t, x, _p, side) => {
  if (isPositive(t, x, side)) return t.power(t.add(t.constant(1), t.exp(t.scale(x, -1))), -1);
  const growth = t.exp(x);
  return t.div(growth, t.add(t.constant(1), growth));
};

const onePlusSquare = (t: TaylorAlgebra, x: TaylorNumber, a: TaylorNumber): TaylorNumber => {
  const u = t.mul(a, x);
  return t.add(t.constant(1), t.mul(u, u));
};

const bell = (t: TaylorAlgebra, x: TaylorNumber, a: TaylorNumber): TaylorNumber => {
  const u = t.div(x, a);
  return t.scale(t.mul(u, u), -0.5);
};

const formulas: Readonly<Record<string, Formula>> = {
  identity: (_t, x) => x,
  relu: (t, x, _p, side) => (isPositive(t, x, side) ? x : t.constant(0)),
  prelu: (t, x, p, side) => (isPositive(t, x, side) ? x : t.mul(p('a'), x)),
  sine: (t, x, p) => t.sin(t.mul(p('omega'), x)),
  tanh: (t, x) => t.tanh(x),
  sigmoid,
  silu: (t, x, p, side) => t.mul(x, sigmoid(t, x, p, side)),
  softplus: (t, x, _p, side) => {
    const tail = t.log(t.add(t.constant(1), t.exp(t.scale(t.abs(x, side), -1))));
    return isPositive(t, x, side) ? t.add(x, tail) : tail;
  },
  gaussian: (t, x, p) => t.exp(bell(t, x, p('sigma'))),
  quadratic: (t, x, p) => t.power(onePlusSquare(t, x, p('a')), -1),
  multiquadric: (t, x, p) => t.power(onePlusSquare(t, x, p('a')), -0.5),
  laplace: (t, x, p, side) => t.exp(t.scale(t.div(t.abs(x, side), p('a')), -1)),
  'super-gaussian': (t, x, p) => t.exp(t.mul(p('b'), bell(t, x, p('sigma')))),
  'exp-sin': (t, x, p) => t.exp(t.scale(t.sin(t.mul(p('a'), x)), -1)),
  finer: (t, x, p, side) => t.sin(t.mul(p('omega'), t.mul(t.add(t.abs(x, side), t.constant(1)), x))),
};

/** The kinds that the oracle supports. */
export const oracleActivationKinds: readonly string[] = Object.keys(formulas);

/**
 * The value of a definition exactly at its kink x = 0: the derivatives from below (as in PyTorch for relu and prelu),
 * or the mean of both sides (equivalent to sign(0) = 0). The other activations have no kink.
 */
export const kinkConvention: Readonly<Record<string, 'below' | 'mean'>> = {
  relu: 'below',
  prelu: 'below',
  laplace: 'mean',
  finer: 'mean',
};

/**
 * Applies an activation to a Taylor number.
 *
 * @param parameters returns a parameter as a Taylor number; by default the spec's value as a constant
 * @throws RangeError for an unknown kind, and for a parameter that the spec does not have
 */
export const activate = (
  t: TaylorAlgebra,
  activation: OracleActivation,
  x: TaylorNumber,
  { side = 1, parameters }: { side?: Side; parameters?: (name: string) => TaylorNumber | undefined } = {},
): TaylorNumber => {
  const formula = formulas[activation.kind];
  if (!formula)
    throw new RangeError(
      `activation oracle: unknown kind '${activation.kind}'; supported kinds are ${oracleActivationKinds.join(', ')}`,
    );
  const parameter = (name: string): TaylorNumber => {
    const given = parameters?.(name);
    if (given) return given;
    const value = activation[name];
    if (typeof value !== 'number')
      throw new RangeError(`activation oracle: ${activation.kind} needs a number ${name}, got ${String(value)}`);
    return t.constant(value);
  };
  return formula(t, x, parameter, side);
};

/** The value of `of`, or the mean of both sides if the activation uses that at its kink. */
const atKink = (kind: string, x: number, of: (side: Side) => number[]): number[] => {
  const convention = x === 0 ? kinkConvention[kind] : undefined;
  if (convention === undefined) return of(1);
  const below = of(-1);
  if (convention === 'below') return below;
  return of(1).map((above, k) => (above + (below[k] as number)) / 2);
};

/**
 * An activation and its derivatives in float64, with the convention of `kinkConvention` at x = 0.
 *
 * @returns `[s(x), s'(x), ..., s^(order)(x)]`
 */
export const activationDerivatives = (activation: OracleActivation, x: number, order = 3): number[] => {
  const t = taylorAlgebra(1, order);
  return atKink(activation.kind, x, side => {
    const s = activate(t, activation, t.variable(0, x), { side });
    return Array.from({ length: order + 1 }, (_, k) => t.derivative(s, [k]));
  });
};

/**
 * The derivatives with respect to one parameter p, in float64: Taylor arithmetic in the two variables x and p.
 *
 * @returns `[ds/dp, ds'/dp, ..., ds^(order)/dp]`
 */
export const activationParameterDerivatives = (
  activation: OracleActivation,
  parameter: string,
  x: number,
  order = 2,
): number[] => {
  const t = taylorAlgebra(2, order + 1);
  const p = t.variable(1, activation[parameter] as number);
  return atKink(activation.kind, x, side => {
    const s = activate(t, activation, t.variable(0, x), {
      side,
      parameters: name => (name === parameter ? p : undefined),
    });
    return Array.from({ length: order + 1 }, (_, k) => t.derivative(s, [k, 1]));
  });
};
