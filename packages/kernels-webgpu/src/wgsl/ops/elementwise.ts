/** @file An activation of its own, not behind a product of matrices: its input is its pre-activation. */
import { activationFunctions, isOwnActivation, type LayerActivation, parameterStatements } from '../activations.ts';
import { type JetFormat, single } from '../jet-format.ts';
import { blockCount, forwardOrder, forwardRule, type JetShape } from '../jet-rule.ts';
import { pointRange } from '../point-range.ts';
import { reverseActivation } from '../reverse-activation.ts';
import { lines, reads, repeat, type Shader, writes } from '../shader.ts';
import { eachPoint, placeOf } from './each.ts';

/** `h` = s(`z`). */
export const activateJets = (activation: LayerActivation, features: number, jet: JetShape): Shader => {
  const { kind, learnable } = activation;
  const blocks = blockCount(jet);
  const vectors = Math.ceil(features / 4);
  const isIdentity = kind === 'identity';
  return eachPoint(
    {
      label: `elementwise ${kind}`,
      vectors,
      storage: [reads('z'), ...(learnable.length > 0 ? [reads('learnedParameters', 'f32')] : []), writes('h')],
      declarations: isIdentity ? [] : activationFunctions(activation, { order: forwardOrder(jet) }),
      body: lines(
        isIdentity ? '' : parameterStatements(activation),
        repeat(blocks, block => `let z${block} = z[${placeOf(block, vectors)}];`),
        forwardRule(activation, jet),
        repeat(blocks, block => `h[${placeOf(block, vectors)}] = h${block};`),
      ),
    },
    pointRange(isOwnActivation(activation)),
  );
};

/** The reverse, of the derivatives `upstream` with respect to what came out. */
export const reverseElementwise = (
  activation: LayerActivation,
  features: number,
  jet: JetShape,
  adds: boolean,
): Shader => {
  const vectors = Math.ceil(features / 4);
  return reverseActivation({ activation, outFeatures: features }, jet, single, {
    label: `elementwise ${activation.kind}, reverse`,
    sizes: [],
    storage: [reads('upstream')],
    declarations: [],
    upstream: repeat(blockCount(jet), block => `var g${block} = upstream[${placeOf(block, vectors)}];`),
    adds,
  });
};

/**
 * The reverse in place: `result` holds the derivatives with respect to what came out of a layer, and then those with
 * respect to its pre-activations.
 */
export const reverseInPlace = (
  activation: LayerActivation,
  features: number,
  jet: JetShape,
  format: JetFormat,
): Shader => {
  const vectors = Math.ceil(features / 4);
  return reverseActivation({ activation, outFeatures: features }, jet, format, {
    label: `activation ${activation.kind}, reverse`,
    sizes: [],
    storage: [],
    declarations: [],
    upstream: repeat(blockCount(jet), block => `var g${block} = result[${placeOf(block, vectors)}];`),
  });
};
