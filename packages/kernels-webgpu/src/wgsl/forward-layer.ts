/** @file One dense layer forward: Z = H W + b for all blocks of the jets, then the activation's rule. */
import type { FieldJetLayer } from '@neural-fields/core';
import { activationDeclarations, activationFunction } from './activations.ts';
import { blockCount, forwardOrder, forwardRule, type JetShape, parameterStatements } from './jet-rule.ts';
import { matrixFunction, matrixType } from './matrix.ts';
import { type ProductStyle, productCode } from './product.ts';
import { sumName } from './product-code.ts';
import { indent, lines, reads, repeat, type Shader, shader, writes } from './shader.ts';

/** `rows` `[blocks][points][in]` times `weights`, plus `bias`, to `z` (if it is kept) and `h`, `[blocks][points][out]`, all rows padded to fours. */
export const forwardLayer = (
  layer: FieldJetLayer,
  jet: JetShape,
  { keepsPreActivations, style }: { readonly keepsPreActivations: boolean; readonly style: ProductStyle },
): Shader => {
  const { inFeatures, outFeatures, hasBias, activation } = layer;
  const { kind, learnable } = activation;
  const blocks = blockCount(jet);
  const matrix = { rows: inFeatures, columns: outFeatures };
  const product = productCode({ blocks, inner: inFeatures, matrix, transposed: false }, style);
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
          'if (point < sizes.points) {',
          indent(
            lines(
              `let z0 = ${sumName(0, q)}${hasBias ? ' + biasHere' : ''};`,
              repeat(blocks - 1, block => `let z${block + 1} = ${sumName(block + 1, q)};`),
              forwardRule(activation, jet),
              repeat(blocks, block => {
                const place = `(${block}u * sizes.points + point) * ${vectors}u + vector`;
                return lines(keeps ? `z[${place}] = z${block};` : '', `h[${place}] = h${block};`);
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
    sizes: ['points'],
    storage: [
      reads('rows'),
      reads('weights', matrixType(outFeatures)),
      ...(hasBias ? [reads('bias', matrixType(outFeatures))] : []),
      ...(learnable.length > 0 ? [reads('learnedParameters', 'f32')] : []),
      ...(keeps ? [writes('z')] : []),
      writes('h'),
    ],
    declarations: [
      ...product.declarations,
      ...(hasBias ? [matrixFunction('biasAt', 'bias', 1, outFeatures)] : []),
      ...(isIdentity ? [] : [...activationDeclarations([kind]), activationFunction(kind, forwardOrder(jet))]),
    ],
    workgroup: product.workgroup,
    body: lines(
      product.body,
      `let vector = group.x * ${threadColumns}u + local.x;`,
      `if (vector >= ${vectors}u) { return; }`,
      hasBias ? 'let biasHere = biasAt(0u, vector);' : '',
      isIdentity ? '' : parameterStatements(activation),
      repeat(product.pointsPerThread, store),
    ),
  });
};
