/**
 * @file The elementwise product of two jets, and its gradient; the formula is in core's `ops/product.ts`.
 */
import { blockCount, type JetShape, weightedSum } from '../jet-rule.ts';
import { lines, reads, repeat, type Shader, writes } from '../shader.ts';
import { eachPoint, elementIndex } from './each.ts';

const load = (name: string, source: string, blocks: number, vectors: number): string =>
  repeat(blocks, block => `let ${name}${block} = ${source}[${elementIndex(block, vectors)}];`);

/** `h` = `left` times `right`. */
export const productOfJets = (features: number, jet: JetShape): Shader => {
  const { first, second, pairs, weights } = jet;
  const blocks = blockCount(jet);
  const vectors = Math.ceil(features / 4);
  const mixed = (j: number): string =>
    weightedSum(
      pairs.map(([k, l], p) => [weights[j]?.[p] as number, `(a${k + 1} * b${l + 1} + a${l + 1} * b${k + 1})`]),
    );
  const block = (index: number): string => {
    if (index === 0) return 'a0 * b0';
    const straight = `a${index} * b0 + a0 * b${index}`;
    return index <= first ? straight : `${straight} + ${mixed(index - 1 - first)}`;
  };
  return eachPoint({
    label: 'product',
    vectors,
    storage: [reads('left'), reads('right'), writes('h')],
    body: lines(
      load('a', 'left', blocks, vectors),
      load('b', 'right', blocks, vectors),
      repeat(1 + first + second, index => `h[${elementIndex(index, vectors)}] = ${block(index)};`),
    ),
  });
};

/**
 * The gradient of one factor of a product, from the `other` factor and the gradient `upstream` of the product.
 */
export const backwardProduct = (features: number, jet: JetShape, accumulates: boolean): Shader => {
  const { first, second, pairs, weights } = jet;
  const blocks = blockCount(jet);
  const vectors = Math.ceil(features / 4);
  const all = Array.from({ length: blocks }, (_, block) => block);
  const block = (index: number): string => {
    if (index === 0) return all.map(b => `b${b} * g${b}`).join(' + ');
    const mixed = pairs.flatMap(([k, l], p) => [
      ...(k + 1 === index ? [`u${p} * b${l + 1}`] : []),
      ...(l + 1 === index ? [`u${p} * b${k + 1}`] : []),
    ]);
    return [`b0 * g${index}`, ...(index <= first ? mixed : [])].join(' + ');
  };
  return eachPoint({
    label: 'product, backward',
    vectors,
    storage: [reads('other'), reads('upstream'), writes('result')],
    body: lines(
      load('b', 'other', blocks, vectors),
      load('g', 'upstream', blocks, vectors),
      ...(second > 0
        ? pairs.map(
            (_, p) => `let u${p} = ${weightedSum(weights.map((row, j) => [row[p] as number, `g${1 + first + j}`]))};`,
          )
        : []),
      ...all.map(index => `result[${elementIndex(index, vectors)}] ${accumulates ? '+=' : '='} ${block(index)};`),
    ),
  });
};
