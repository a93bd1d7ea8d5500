/** @file An activation that does not follow a matrix product: its input is its pre-activation. */
import { activationFunctions, isOwnActivation, type LayerActivation, parameterStatements } from '../activations.ts';
import { backwardActivation } from '../backward-activation.ts';
import { type JetFormat, single } from '../jet-format.ts';
import { blockCount, forwardOrder, forwardRule, type JetShape } from '../jet-rule.ts';
import { pointRange } from '../point-range.ts';
import { lines, reads, repeat, type Shader, writes } from '../shader.ts';
import { eachPoint, elementIndex } from './each.ts';

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
        repeat(blocks, block => `let z${block} = z[${elementIndex(block, vectors)}];`),
        forwardRule(activation, jet),
        repeat(blocks, block => `h[${elementIndex(block, vectors)}] = h${block};`),
      ),
    },
    pointRange(isOwnActivation(activation)),
  );
};

/** The backward pass, from the gradient `upstream` of the result. */
export const backwardElementwise = (
  activation: LayerActivation,
  features: number,
  jet: JetShape,
  accumulates: boolean,
): Shader => {
  const vectors = Math.ceil(features / 4);
  return backwardActivation({ activation, outFeatures: features }, jet, single, {
    label: `elementwise ${activation.kind}, backward`,
    sizes: [],
    storage: [reads('upstream')],
    declarations: [],
    upstream: repeat(blockCount(jet), block => `var g${block} = upstream[${elementIndex(block, vectors)}];`),
    accumulates,
  });
};

/**
 * The backward pass in place: replaces the gradient of a layer's output in `result` with that of its pre-activations.
 */
export const backwardInPlace = (
  activation: LayerActivation,
  features: number,
  jet: JetShape,
  format: JetFormat,
): Shader => {
  const vectors = Math.ceil(features / 4);
  return backwardActivation({ activation, outFeatures: features }, jet, format, {
    label: `activation ${activation.kind}, backward`,
    sizes: [],
    storage: [],
    declarations: [],
    upstream: repeat(blockCount(jet), block => `var g${block} = result[${elementIndex(block, vectors)}];`),
  });
};
