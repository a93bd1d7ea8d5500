/**
 * @file The activations of core and their first three derivatives in WGSL. The formulas, with their references, stand in core's `activations/`;
 * this file follows them. `x` is the pre-activation, `a` and `b` are the parameters in core's order.
 */
import { exponential, hyperbolicTangent, logistic, sineAndCosine, softplus } from './elementary.ts';
import { indent, lines } from './shader.ts';

/** How many derivatives: 0 is the value alone. */
export type Order = 0 | 1 | 2 | 3;

interface ActivationCode {
  /** The functions that it calls. */
  readonly uses?: readonly string[];
  /** Statements that define s0, s1, s2 and s3; each may use those before it. */
  readonly derivatives: readonly [s0: string, s1: string, s2: string, s3: string];
  /** The factor on the argument, which every derivative has once more; 1 if absent. */
  readonly steepness?: (a: number, b: number) => number;
}

const byFactor = (a: number): number => Math.abs(a);
const byWidth = (a: number): number => 1 / Math.abs(a);

/** What stands in for infinity where a product with 0 must stay 0; see core's quadratic.ts and bell.ts. */
const REACH = '1e30';
const BELL_REACH = '15.0';
const zero = 'vec4(0.0)';

/** exp(-(lambda x)^2 / 2). */
const bell = (lambda: string, steepness: (a: number, b: number) => number): ActivationCode => ({
  steepness,
  uses: [exponential],
  derivatives: [
    `let lambda = ${lambda}; let u = x * lambda; let s0 = exponential(u * u * -0.5);`,
    `let factor = clamp(u, vec4(-${BELL_REACH}), vec4(${BELL_REACH})) * -lambda; let s1 = factor * s0;`,
    'let s2 = factor * s1 - s0 * (lambda * lambda);',
    'let s3 = factor * s2 - s1 * (2.0 * lambda * lambda);',
  ],
});

const sigmoidPair = 'let p = logistic(x); let q = logistic(-x);';

const codes: Readonly<Record<string, ActivationCode>> = {
  identity: { derivatives: ['let s0 = x;', 'let s1 = vec4(1.0);', `let s2 = ${zero};`, `let s3 = ${zero};`] },
  relu: {
    derivatives: [
      `let s0 = max(x, ${zero});`,
      `let s1 = select(${zero}, vec4(1.0), x > ${zero});`,
      `let s2 = ${zero};`,
      `let s3 = ${zero};`,
    ],
  },
  prelu: {
    derivatives: [
      `let slope = select(vec4(a), vec4(1.0), x > ${zero}); let s0 = x * slope;`,
      'let s1 = slope;',
      `let s2 = ${zero};`,
      `let s3 = ${zero};`,
    ],
  },
  sine: {
    steepness: byFactor,
    uses: [sineAndCosine],
    derivatives: [
      'let wave = sineAndCosine(x * a); let s0 = wave.sine;',
      'let s1 = wave.cosine * a;',
      'let s2 = wave.sine * (-a * a);',
      'let s3 = s1 * (-a * a);',
    ],
  },
  tanh: {
    uses: [exponential, hyperbolicTangent],
    derivatives: [
      'let s0 = hyperbolicTangent(x);',
      'let s1 = 1.0 - s0 * s0;',
      'let s2 = s0 * s1 * -2.0;',
      'let s3 = s1 * (4.0 - s1 * 6.0);',
    ],
  },
  sigmoid: {
    uses: [exponential, logistic],
    derivatives: [`${sigmoidPair} let s0 = p;`, 'let s1 = p * q;', 'let s2 = s1 * (q - p);', 'let s3 = s1 * (1.0 - s1 * 6.0);'],
  },
  silu: {
    uses: [exponential, logistic],
    derivatives: [
      `${sigmoidPair} let s0 = x * p;`,
      'let p1 = p * q; let s1 = p + x * p1;',
      'let p2 = p1 * (q - p); let s2 = p1 * 2.0 + x * p2;',
      'let s3 = p2 * 3.0 + x * p1 * (1.0 - p1 * 6.0);',
    ],
  },
  softplus: {
    uses: [exponential, logistic, softplus],
    derivatives: ['let s0 = softplus(x);', `${sigmoidPair} let s1 = p;`, 'let s2 = p * q;', 'let s3 = s2 * (q - p);'],
  },
  gaussian: bell('1.0 / a', byWidth),
  quadratic: {
    steepness: byFactor,
    derivatives: [
      'let u = x * a; let s0 = 1.0 / (u * u + 1.0);',
      `let s1 = clamp(u, vec4(-${REACH}), vec4(${REACH})) * s0 * s0 * (-2.0 * a);`,
      'let s2 = s0 * s0 * (3.0 - s0 * 4.0) * (2.0 * a * a);',
      'let s3 = s1 * s0 * ((1.0 - s0 * 2.0) * (12.0 * a * a));',
    ],
  },
  multiquadric: {
    steepness: byFactor,
    derivatives: [
      'let u = x * a; let s0 = 1.0 / sqrt(u * u + 1.0);',
      `let ss = s0 * s0; let s1 = clamp(u, vec4(-${REACH}), vec4(${REACH})) * s0 * ss * -a;`,
      'let s2 = s0 * ss * (2.0 - ss * 3.0) * (a * a);',
      'let s3 = s1 * ss * ((2.0 - ss * 5.0) * (3.0 * a * a));',
    ],
  },
  laplacian: {
    steepness: byWidth,
    uses: [exponential],
    derivatives: [
      'let rate = -1.0 / a; let s0 = exponential(abs(x) * rate);',
      'let s1 = s0 * (sign(x) * rate);',
      'let s2 = s0 * (rate * rate);',
      'let s3 = s1 * (rate * rate);',
    ],
  },
  'super-gaussian': bell('sqrt(b) / a', (a, b) => Math.sqrt(Math.abs(b)) * byWidth(a)),
  expsin: {
    steepness: byFactor,
    uses: [exponential, sineAndCosine],
    derivatives: [
      'let wave = sineAndCosine(x * a); let s0 = exponential(-wave.sine);',
      'let s1 = wave.cosine * s0 * -a;',
      'let r = wave.cosine * wave.cosine + wave.sine; let s2 = r * s0 * (a * a);',
      'let s3 = (wave.sine * 2.0 + r - 1.0) * s1 * (a * a);',
    ],
  },
  finer: {
    steepness: byFactor,
    uses: [sineAndCosine],
    derivatives: [
      'let size = abs(x); let wave = sineAndCosine((size + 1.0) * x * a); let s0 = wave.sine;',
      'let first = (size + size + 1.0) * a; let s1 = first * wave.cosine;',
      'let second = sign(x) * (2.0 * a); let s2 = second * wave.cosine - first * first * wave.sine;',
      'let s3 = first * second * wave.sine * -3.0 - first * first * s1;',
    ],
  },
};

/** The factor on the argument of an activation with these parameters, in core's order. */
export const steepnessOf = (kind: string, [a = 0, b = 0]: readonly number[]): number => codes[kind]?.steepness?.(a, b) ?? 1;

/** Whether there is code for an activation of core. */
export const isKnownActivation = (kind: string): boolean => kind in codes;

/** The functions that {@link activationFunction} calls, each once. */
export const activationDeclarations = (kinds: readonly string[]): string[] => [
  ...new Set(kinds.flatMap(kind => codes[kind]?.uses ?? [])),
];

/** `activate(x, a, b)`: the value and its derivatives up to `order` as the fields s0, s1, ... of a `Derivatives`. */
export const activationFunction = (kind: string, order: Order): string => {
  const code = codes[kind] as ActivationCode;
  const names = Array.from({ length: order + 1 }, (_, k) => `s${k}`);
  return lines(
    `struct Derivatives { ${names.map(name => `${name}: vec4<f32>`).join(', ')} }`,
    'fn activate(x: vec4<f32>, a: f32, b: f32) -> Derivatives {',
    indent(lines(...code.derivatives.slice(0, order + 1), `return Derivatives(${names.join(', ')});`)),
    '}',
  );
};
