/**
 * @file The gradient of a dense layer's input: G W^T for all blocks of the jets, followed by the backward pass of the
 *   activation that produced the input.
 */
import {
  activationFunctions,
  type DenseLayer,
  isOwnActivation,
  type LayerActivation,
  learnedSums,
  parameterStatements,
} from './activations.ts';
import type { JetFormat } from './jet-format.ts';
import { backwardNeeds, backwardRule, blockCount, type JetShape } from './jet-rule.ts';
import { matrixType } from './matrix.ts';
import { pointRange } from './point-range.ts';
import { loadPreActivations, preActivationStorage } from './pre-activations.ts';
import { type ProductStyle, productCode } from './product.ts';
import { sumName } from './product-code.ts';
import { indent, lines, reads, repeat, type Shader, shader, writes } from './shader.ts';

/** Whether {@link backwardLayer} runs field by field. */
export const isBackwarddByField = (
  { ownWeight = false }: Pick<DenseLayer, 'ownWeight'>,
  before: LayerActivation | undefined,
): boolean => ownWeight || isOwnActivation(before);

/**
 * From `rows`, the gradient of this layer's pre-activations, to `result`, that of the previous activation's
 * pre-activations `z`, which are stored in `format`. Without a previous activation, `result` is the gradient of the
 * input.
 */
export const backwardLayer = (
  { inFeatures, outFeatures, ownWeight = false }: Pick<DenseLayer, 'inFeatures' | 'outFeatures' | 'ownWeight'>,
  jet: JetShape,
  {
    before,
    style,
    format,
    accumulates = false,
  }: {
    readonly before: LayerActivation | undefined;
    readonly style: ProductStyle;
    readonly format: JetFormat;
    /** Whether the gradient is added to `result`. */
    readonly accumulates?: boolean;
  },
): Shader => {
  const blocks = blockCount(jet);
  const range = pointRange(isBackwarddByField({ ownWeight }, before));
  const matrix = { rows: inFeatures, columns: outFeatures, own: ownWeight };
  const product = productCode({ blocks, inner: outFeatures, matrix, transposed: true, half: false, range }, style);
  const [threadColumns, threadRows] = product.workgroup;
  const vectors = Math.ceil(inFeatures / 4);
  const activation = before === undefined || before.kind === 'identity' ? undefined : before;
  const learned = learnedSums(activation, threadColumns * threadRows);
  const elementIndex = (block: number): string => `(${block}u * sizes.points + point) * ${vectors}u + vector`;
  const store = (q: number): string =>
    lines(
      '{',
      indent(
        lines(
          `let point = ${product.pointOf(q)};`,
          `if (point < ${range.end} && vector < ${vectors}u) {`,
          indent(
            lines(
              repeat(blocks, block => `var g${block} = ${sumName(block, q)};`),
              activation === undefined ? '' : loadPreActivations(jet, format, vectors),
              activation === undefined ? '' : backwardRule(activation, jet),
              repeat(blocks, block => `result[${elementIndex(block)}] ${accumulates ? '+=' : '='} g${block};`),
            ),
          ),
          '}',
        ),
      ),
      '}',
    );
  return shader({
    label: `backward ${inFeatures}x${outFeatures} ${before?.kind ?? 'input'}`,
    sizes: ['points', ...range.sizes],
    storage: [
      reads('rows'),
      reads('weights', matrixType(outFeatures)),
      ...(activation ? preActivationStorage(jet, format, reads) : []),
      ...learned.storage,
      writes('result'),
    ],
    declarations: [
      ...range.declarations,
      ...product.declarations,
      ...(activation ? activationFunctions(activation, backwardNeeds(jet)) : []),
      ...learned.declarations,
    ],
    workgroup: product.workgroup,
    body: lines(
      range.begin,
      product.body,
      `let vector = group.x * ${threadColumns}u + local.x;`,
      activation ? parameterStatements(activation) : '',
      learned.begin,
      repeat(product.pointsPerThread, store),
      learned.end(range.workgroupOf(`group.y * ${Math.ceil(vectors / threadColumns)}u + group.x`)),
    ),
  });
};
