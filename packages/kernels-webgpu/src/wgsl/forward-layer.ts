/** @file The forward pass of a dense layer: Z = H W + b for all blocks of the jets, then the activation's rule. */
import { activationFunctions, type DenseLayer, isOwnLayer, parameterStatements } from './activations.ts';
import { type JetFormat, narrowed, orderOf, unscaled, vectorType } from './jet-format.ts';
import { blockCount, forwardOrder, forwardRule, type JetShape } from './jet-rule.ts';
import { matrixFunction, matrixType } from './matrix.ts';
import { pointRange } from './point-range.ts';
import { preActivationStorage, storePreActivation } from './pre-activations.ts';
import { type ProductStyle, productCode } from './product.ts';
import { sumName } from './product-code.ts';
import { indent, lines, reads, repeat, type Shader, shader, writes } from './shader.ts';

/** Options of a layer's shader. */
export interface ForwardOptions {
  readonly keepsPreActivations: boolean;
  readonly style: ProductStyle;
  /** The storage formats of the input, the output, and the pre-activations. */
  readonly formats: { readonly rows: JetFormat; readonly h: JetFormat; readonly z: JetFormat };
}

/**
 * From `rows` `[blocks][points][in]`, `weights` and `bias` to `z` (if it is kept) and `h`, `[blocks][points][out]`; all
 * rows are padded to multiples of four.
 */
export const forwardLayer = (
  layer: DenseLayer,
  jet: JetShape,
  { keepsPreActivations, style, formats }: ForwardOptions,
): Shader => {
  const { inFeatures, outFeatures, hasBias, activation, ownWeight = false, ownBias = false } = layer;
  const { kind, learnable } = activation;
  const blocks = blockCount(jet);
  const range = pointRange(isOwnLayer(layer));
  const matrix = { rows: inFeatures, columns: outFeatures, own: ownWeight };
  const product = productCode(
    { blocks, inner: inFeatures, matrix, transposed: false, half: formats.rows.half, range },
    style,
  );
  const [threadColumns] = product.workgroup;
  const vectors = Math.ceil(outFeatures / 4);
  const isIdentity = kind === 'identity';
  const keeps = keepsPreActivations && !isIdentity;
  const store = (q: number): string =>
    lines(
      '{',
      indent(
        lines(
          `let point = ${product.pointOf(q)};`,
          `if (point < ${range.end}) {`,
          indent(
            lines(
              `let z0 = ${sumName(0, q)}${hasBias ? ' + biasHere' : ''};`,
              repeat(blocks - 1, block => {
                const sum = unscaled(formats.rows, sumName(block + 1, q), orderOf(jet, block + 1));
                return `let z${block + 1} = ${sum};`;
              }),
              forwardRule(activation, jet),
              repeat(blocks, block => {
                const index = `(${block}u * sizes.points + point) * ${vectors}u + vector`;
                const stored = narrowed(formats.h, `h${block}`, orderOf(jet, block));
                return lines(
                  keeps ? storePreActivation(jet, formats.z, block, vectors) : '',
                  `h[${index}] = ${stored};`,
                );
              }),
            ),
          ),
          '}',
        ),
      ),
      '}',
    );
  return shader({
    label: `forward ${inFeatures}x${outFeatures} ${kind}`,
    sizes: ['points', ...range.sizes],
    storage: [
      reads('rows', vectorType(formats.rows)),
      reads('weights', matrixType(outFeatures)),
      ...(hasBias ? [reads('bias', matrixType(outFeatures))] : []),
      ...(learnable.length > 0 ? [reads('learnedParameters', 'f32')] : []),
      ...(keeps ? preActivationStorage(jet, formats.z, writes) : []),
      writes('h', vectorType(formats.h)),
    ],
    declarations: [
      ...range.declarations,
      ...product.declarations,
      ...(hasBias ? [matrixFunction('biasAt', 'bias', { rows: 1, columns: outFeatures, own: ownBias })] : []),
      ...(isIdentity ? [] : activationFunctions(activation, { order: forwardOrder(jet) })),
    ],
    workgroup: product.workgroup,
    body: lines(
      range.begin,
      product.body,
      `let vector = group.x * ${threadColumns}u + local.x;`,
      `if (vector >= ${vectors}u) { return; }`,
      hasBias ? 'let biasHere = biasAt(0u, vector);' : '',
      isIdentity ? '' : parameterStatements(activation),
      repeat(product.pointsPerThread, store),
    ),
  });
};
