/** @file The Adam update; the formula is in core's `fit/adam.ts`. */
import { lines, reads, type Shader, shader, writes } from './shader.ts';

/** Threads of a workgroup. */
export const ADAM_THREADS = 256;

/** The settings of an update, passed as floats among the sizes. */
export const ADAM_SETTINGS = [
  'beta1',
  'beta2',
  'oneMinusBeta1',
  'oneMinusBeta2',
  'epsilon',
  'weightDecay',
  'stepSize',
  'secondCorrection',
  'parameterScale',
  'lazy',
] as const;

/** From `parameters`, `first` and `second` to `nextParameters`, `nextFirst` and `nextSecond`, all `[sizes.count]`. */
export const adamUpdate: Shader = shader({
  label: 'adam',
  sizes: ['count', 'columns', ...ADAM_SETTINGS],
  storage: [
    ...['parameters', 'gradient', 'first', 'second'].map(name => reads(name, 'f32')),
    ...['nextParameters', 'nextFirst', 'nextSecond'].map(name => writes(name, 'f32')),
  ],
  workgroup: [ADAM_THREADS, 1],
  body: lines(
    `let i = (group.y * sizes.columns + group.x) * ${ADAM_THREADS}u + lane;`,
    'if (i >= sizes.count) { return; }',
    ...ADAM_SETTINGS.map(name => `let ${name} = bitcast<f32>(sizes.${name});`),
    'let g = gradient[i] + weightDecay * parameters[i];',
    'let m = beta1 * first[i] + oneMinusBeta1 * g;',
    'let v = beta2 * second[i] + oneMinusBeta2 * g * g;',
    'let next = parameterScale * parameters[i] - stepSize * m / (sqrt(v) * secondCorrection + epsilon);',
    'let stays = lazy != 0.0 && gradient[i] == 0.0;',
    'nextParameters[i] = select(next, parameters[i], stays);',
    'nextFirst[i] = select(m, first[i], stays);',
    'nextSecond[i] = select(v, second[i], stays);',
  ),
});
