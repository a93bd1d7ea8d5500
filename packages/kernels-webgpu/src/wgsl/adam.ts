/** @file One update of Adam; the formula stands in core's `fit/adam.ts`. */
import { lines, reads, type Shader, shader, writes } from './shader.ts';

/** Threads of a workgroup. */
export const ADAM_THREADS = 256;

/** The numbers of an update, as floats in the sizes. */
export const ADAM_NUMBERS = [
  'beta1',
  'beta2',
  'oneMinusBeta1',
  'oneMinusBeta2',
  'epsilon',
  'weightDecay',
  'stepSize',
  'secondCorrection',
] as const;

/** `parameters`, `first` and `second` to `nextParameters`, `nextFirst` and `nextSecond`, all `[sizes.count]`. */
export const adamUpdate: Shader = shader({
  label: 'adam',
  sizes: ['count', 'columns', ...ADAM_NUMBERS],
  storage: [
    ...['parameters', 'gradient', 'first', 'second'].map(name => reads(name, 'f32')),
    ...['nextParameters', 'nextFirst', 'nextSecond'].map(name => writes(name, 'f32')),
  ],
  workgroup: [ADAM_THREADS, 1],
  body: lines(
    `let i = (group.y * sizes.columns + group.x) * ${ADAM_THREADS}u + lane;`,
    'if (i >= sizes.count) { return; }',
    ...ADAM_NUMBERS.map(name => `let ${name} = bitcast<f32>(sizes.${name});`),
    'let slope = gradient[i] + weightDecay * parameters[i];',
    'let m = beta1 * first[i] + oneMinusBeta1 * slope;',
    'let v = beta2 * second[i] + oneMinusBeta2 * slope * slope;',
    'nextParameters[i] = parameters[i] - stepSize * m / (sqrt(v) * secondCorrection + epsilon);',
    'nextFirst[i] = m;',
    'nextSecond[i] = v;',
  ),
});
