/**
 * @file The backward pass of an activation: from the gradient of its result to that of its pre-activations.
 */
import {
  activationFunctions,
  type DenseLayer,
  isOwnActivation,
  learnedSums,
  parameterStatements,
} from './activations.ts';
import type { JetFormat } from './jet-format.ts';
import { backwardNeeds, backwardRule, blockCount, type JetShape } from './jet-rule.ts';
import { PACK_THREADS } from './pack.ts';
import { pointRange } from './point-range.ts';
import { loadPreActivations, preActivationStorage } from './pre-activations.ts';
import { indent, lines, reads, repeat, type Shader, type StorageBinding, shader, writes } from './shader.ts';
import { sumDeclarations } from './workgroup-sum.ts';

/** Threads of a workgroup. */
const ACTIVATION_THREADS = PACK_THREADS;

/** The source of the gradient of the activation's result. */
export interface Upstream {
  readonly label: string;
  readonly sizes: readonly string[];
  readonly storage: readonly StorageBinding[];
  readonly declarations: readonly string[];
  /** Statements that define the variables `g0`, `g1`, ... at `point` and `vector`. */
  readonly upstream: string;
  /** Statements before and after those of the point, which all threads execute. */
  readonly before?: string;
  readonly after?: string;
  /** Whether the gradient is added to `result`. */
  readonly accumulates?: boolean;
  /** Whether it runs field by field even if the activation does not require that. */
  readonly perField?: boolean;
}

/** The shader; one thread computes four features of a point. */
export const backwardActivation = (
  { activation, outFeatures }: Pick<DenseLayer, 'activation' | 'outFeatures'>,
  jet: JetShape,
  format: JetFormat,
  start: Upstream,
): Shader => {
  const blocks = blockCount(jet);
  const vectors = Math.ceil(outFeatures / 4);
  const isIdentity = activation.kind === 'identity';
  const learned = learnedSums(activation, ACTIVATION_THREADS);
  const range = pointRange(start.perField === true || isOwnActivation(activation));
  const sign = start.accumulates ? '+=' : '=';
  return shader({
    label: start.label,
    sizes: ['points', 'columns', ...range.sizes, ...start.sizes],
    storage: [
      ...(isIdentity ? [] : preActivationStorage(jet, format, reads)),
      ...learned.storage,
      ...start.storage,
      writes('result'),
    ],
    declarations: [
      ...new Set([
        ...range.declarations,
        ...start.declarations,
        ...(isIdentity ? [] : activationFunctions(activation, backwardNeeds(jet))),
        ...learned.declarations,
        ...(start.after === undefined ? [] : [sumDeclarations(ACTIVATION_THREADS)]),
      ]),
    ],
    workgroup: [ACTIVATION_THREADS, 1],
    body: lines(
      range.begin,
      'let index = group.y * sizes.columns + group.x;',
      `let i = index * ${ACTIVATION_THREADS}u + lane;`,
      `let vector = i % ${vectors}u;`,
      `let point = ${range.pointOf(`i / ${vectors}u`)};`,
      start.before ?? '',
      learned.begin,
      `if (point < ${range.end}) {`,
      indent(
        lines(
          isIdentity ? '' : parameterStatements(activation),
          start.upstream,
          isIdentity ? '' : loadPreActivations(jet, format, vectors),
          isIdentity ? '' : backwardRule(activation, jet),
          repeat(
            blocks,
            block => `result[(${block}u * sizes.points + point) * ${vectors}u + vector] ${sign} g${block};`,
          ),
        ),
      ),
      '}',
      learned.end(range.workgroupOf('index')),
      start.after ?? '',
    ),
  });
};
