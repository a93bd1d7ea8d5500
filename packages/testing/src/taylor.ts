/**
 * @file Truncated Taylor arithmetic in float64: numbers with all their partial derivatives up to an order.
 *
 * It is the slow and obvious oracle for every derivative of the project. A number is the Taylor polynomial of a
 * function at a point; sums and products are those of polynomials, truncated at the order; f(c + h) = sum_k f^(k)(c) /
 * k! h^k for exp, log, sine, cosine and powers, whose series are standard. (Griewank and Walther, "Evaluating
 * Derivatives", 2008, chapter 13.)
 */

/** The polynomial's coefficients, one for each monomial of the algebra. */
export type TaylorNumber = Readonly<Float64Array>;

/** The side from which a kink is approached: 1 from above, -1 from below. */
export type Side = 1 | -1;

/** The arithmetic of polynomials in `variables` variables, truncated at the total degree `order`. */
export interface TaylorAlgebra {
  readonly variables: number;
  readonly order: number;
  constant(value: number): TaylorNumber;
  /** The variable with this index, at this value. */
  variable(index: number, value: number): TaylorNumber;
  add(a: TaylorNumber, b: TaylorNumber): TaylorNumber;
  sub(a: TaylorNumber, b: TaylorNumber): TaylorNumber;
  mul(a: TaylorNumber, b: TaylorNumber): TaylorNumber;
  div(a: TaylorNumber, b: TaylorNumber): TaylorNumber;
  scale(a: TaylorNumber, factor: number): TaylorNumber;
  exp(a: TaylorNumber): TaylorNumber;
  log(a: TaylorNumber): TaylorNumber;
  sin(a: TaylorNumber): TaylorNumber;
  cos(a: TaylorNumber): TaylorNumber;
  tanh(a: TaylorNumber): TaylorNumber;
  /** a^p for a positive value a, or for any nonzero value if p is an integer. */
  power(a: TaylorNumber, p: number): TaylorNumber;
  sqrt(a: TaylorNumber): TaylorNumber;
  /** |a|, approached from `side` if the value is 0. */
  abs(a: TaylorNumber, side?: Side): TaylorNumber;
  /** The value, without derivatives. */
  value(a: TaylorNumber): number;
  /** The partial derivative of the given orders, one for each variable: `[1, 2]` is d3 / dx dy2. */
  derivative(a: TaylorNumber, orders: readonly number[]): number;
}

const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));

/** All exponents of `variables` variables with a total of at most `order`, by total. */
const monomials = (variables: number, order: number): number[][] => {
  const ofTotal = (total: number, places: number): number[][] =>
    places === 0
      ? total === 0
        ? [[]]
        : []
      : Array.from({ length: total + 1 }, (_, k) => ofTotal(k, places - 1).map(rest => [total - k, ...rest])).flat();
  return Array.from({ length: order + 1 }, (_, total) => ofTotal(total, variables)).flat();
};

const makeAlgebra = (variables: number, order: number): TaylorAlgebra => {
  const exponents = monomials(variables, order);
  const indexOf = new Map(exponents.map((e, i) => [e.join(), i]));
  /** Triples (i, j, k): the product of monomials i and j is monomial k. */
  const products = exponents.flatMap((a, i) =>
    exponents.flatMap((b, j) => {
      const k = indexOf.get(a.map((e, v) => e + (b[v] as number)).join());
      return k === undefined ? [] : [i, j, k];
    }),
  );
  const length = exponents.length;
  const at = (a: TaylorNumber, i: number): number => a[i] as number;

  const constant = (value: number): TaylorNumber => {
    const number = new Float64Array(length);
    number[0] = value;
    return number;
  };
  // `Float64Array.from` takes some ten times as long.
  const scale = (a: TaylorNumber, factor: number): TaylorNumber => a.map(c => c * factor);
  const add = (a: TaylorNumber, b: TaylorNumber): TaylorNumber => a.map((c, i) => c + at(b, i));
  const mul = (a: TaylorNumber, b: TaylorNumber): TaylorNumber => {
    const product = new Float64Array(length);
    for (let at = 0; at < products.length; at += 3)
      product[products[at + 2]!]! += a[products[at]!]! * b[products[at + 1]!]!;
    return product;
  };
  /** f(a), where `series(k)` is f^(k) / k! at a's value. */
  const compose = (a: TaylorNumber, series: (k: number) => number): TaylorNumber => {
    const step = a.map((c, i) => (i === 0 ? 0 : c));
    let [sum, power] = [constant(series(0)), constant(1)];
    for (let k = 1; k <= order; k++) {
      power = mul(power, step);
      sum = add(sum, scale(power, series(k)));
    }
    return sum;
  };
  const wave = (a: TaylorNumber, quarterTurns: number): TaylorNumber => {
    const cycle = [Math.sin(at(a, 0)), Math.cos(at(a, 0)), -Math.sin(at(a, 0)), -Math.cos(at(a, 0))];
    return compose(a, k => (cycle[(k + quarterTurns) % 4] as number) / factorial(k));
  };
  const power = (a: TaylorNumber, p: number): TaylorNumber => {
    let binomial = 1; // p (p - 1) ... (p - k + 1) / k!
    return compose(a, k => {
      if (k > 0) binomial *= (p - k + 1) / k;
      return binomial === 0 ? 0 : binomial * at(a, 0) ** (p - k);
    });
  };
  const exp = (a: TaylorNumber): TaylorNumber => {
    const value = Math.exp(at(a, 0));
    return compose(a, k => value / factorial(k));
  };
  const div = (a: TaylorNumber, b: TaylorNumber): TaylorNumber => mul(a, power(b, -1));
  const sub = (a: TaylorNumber, b: TaylorNumber): TaylorNumber => add(a, scale(b, -1));
  const tanhOfPositive = (a: TaylorNumber): TaylorNumber => {
    const decay = exp(scale(a, -2));
    return div(sub(constant(1), decay), add(constant(1), decay));
  };

  /** The coefficient of a derivative, and its factor, by the array of orders, which callers tend to reuse. */
  const found = new WeakMap<readonly number[], { readonly index: number; readonly factor: number }>();
  const find = (orders: readonly number[]): { readonly index: number; readonly factor: number } => {
    const index = indexOf.get(orders.join());
    if (index === undefined)
      throw new RangeError(
        `taylor: derivative must be of ${variables} variables and at most order ${order}, got [${orders}]`,
      );
    const result = { index, factor: orders.reduce((product, k) => product * factorial(k), 1) };
    found.set(orders, result);
    return result;
  };

  return {
    variables,
    order,
    constant,
    variable: (index, value) =>
      Float64Array.from(exponents, (e, i) =>
        i === 0 ? value : e[index] === 1 && e.reduce((x, y) => x + y) === 1 ? 1 : 0,
      ),
    add,
    sub,
    mul,
    div,
    scale,
    exp,
    log: a => compose(a, k => (k === 0 ? Math.log(at(a, 0)) : (-1) ** (k - 1) / (k * at(a, 0) ** k))),
    sin: a => wave(a, 0),
    cos: a => wave(a, 1),
    tanh: a => (at(a, 0) < 0 ? scale(tanhOfPositive(scale(a, -1)), -1) : tanhOfPositive(a)),
    power,
    sqrt: a => power(a, 0.5),
    abs: (a, side = 1) => scale(a, Math.sign(at(a, 0)) || side),
    value: a => at(a, 0),
    derivative: (a, orders) => {
      const { index, factor } = found.get(orders) ?? find(orders);
      return at(a, index) * factor;
    },
  };
};

/** Algebras have tables but no state, so each is made only once. */
const made = new Map<string, TaylorAlgebra>();

/**
 * The arithmetic for functions of `variables` variables with all derivatives up to `order`.
 *
 * @throws RangeError when a derivative beyond the order is requested
 */
export const taylorAlgebra = (variables: number, order: number): TaylorAlgebra => {
  const key = `${variables}, ${order}`;
  const algebra = made.get(key) ?? makeAlgebra(variables, order);
  made.set(key, algebra);
  return algebra;
};
