/**
 * @file Where the reverse pass begins: the derivatives of the loss with respect to the outputs, and from there to the
 *   pre-activations of the last layer. They are given, or those of a pointwise loss, which is worked out on the way.
 */
import type { KernelLoss } from '@neural-fields/core/kernels';
import type { DenseLayer } from './activations.ts';
import { literal, printFormulas } from './formula.ts';
import type { JetFormat } from './jet-format.ts';
import { blockCount, type JetShape } from './jet-rule.ts';
import { pointRange } from './point-range.ts';
import { reverseActivation } from './reverse-activation.ts';
import { indent, lines, reads, repeat, type Shader, writes } from './shader.ts';
import { storeSum } from './workgroup-sum.ts';

/** What comes out of a network: its width, and the activation that it has. */
export type LastLayer = Pick<DenseLayer, 'activation' | 'outFeatures'>;

/** `upstream` `[blocks][sizes.points][out]` holds the derivatives with respect to the outputs. */
export const givenUpstream = (layer: LastLayer, jet: JetShape, format: JetFormat): Shader => {
  const { outFeatures } = layer;
  return reverseActivation(layer, jet, format, {
    label: 'given upstream',
    sizes: [],
    storage: [reads('upstream', 'f32')],
    declarations: [
      lines(
        'fn upstreamAt(row: u32, vector: u32) -> vec4<f32> {',
        '  var g = vec4(0.0);',
        `  for (var k = 0u; k < 4u && vector * 4u + k < ${outFeatures}u; k++) { g[k] = upstream[row * ${outFeatures}u + vector * 4u + k]; }`,
        '  return g;',
        '}',
      ),
    ],
    upstream: repeat(blockCount(jet), block => `var g${block} = upstreamAt(${block}u * sizes.points + point, vector);`),
  });
};

/** `penalise(error)`: the penalty and its slope, with the functions that it calls. */
const penaltyFunctions = ({ parameters, expressions: { value, firstDerivative } }: KernelLoss['penalty']): string[] => {
  const names = { argument: 'error', parameters: Object.values(parameters).map(literal) };
  const { declarations, statements, results } = printFormulas([value, firstDerivative], Object.keys(parameters), names);
  return [
    ...declarations,
    lines(
      'struct Penalty { size: vec4<f32>, slope: vec4<f32> }',
      'fn penalise(error: vec4<f32>) -> Penalty {',
      indent(lines(statements, `return Penalty(${results.join(', ')});`)),
      '}',
    ),
  ];
};

/**
 * Points from one field to the next in a target, 0 where all have the same: `<name>` of {@link pointwiseLoss}'s sizes.
 */
export const targetPitch = (index: number): string => `targetPitch${index}`;

/**
 * Where the numbers of one target begin among all, for each of the loss's targets: `<name>` of {@link pointwiseLoss}'s
 * sizes.
 */
export const targetSize = (index: number): string => `target${index}`;

/**
 * A pointwise loss. `outputs` `[blocks][sizes.points][out]` is padded to fours; `targets` holds all targets one after
 * the other, that with index t from `sizes.target<t>` on, `[sizes.points][targetWidths[t]]`. The sum of the penalties
 * of a workgroup goes to `lossSums`. The factor on the gradient is the float in `sizes.gradientScale`, that on the loss
 * in `sizes.lossScale`. For many fields it runs field by field.
 */
export const pointwiseLoss = (
  { blocks, penalty, weight, targetWidths: widths }: KernelLoss,
  layer: LastLayer,
  jet: JetShape,
  { format, perField }: { readonly format: JetFormat; readonly perField: boolean },
): Shader => {
  const { outFeatures: o } = layer;
  const { workgroupOf } = pointRange(perField);
  const vectors = Math.ceil(o / 4);
  const used = [
    ...new Set([
      ...blocks.flatMap(({ target }) => (target ? [target.index] : [])),
      ...(weight === undefined ? [] : [weight]),
    ]),
  ];
  const pointIn = (index: number): string =>
    perField ? `(point - field * (sizes.fieldPoints - sizes.${targetPitch(index)}))` : 'point';
  const at = (index: number, column: number): string =>
    `targetAt(sizes.${targetSize(index)} + ${pointIn(index)} * ${widths[index]}u + ${column}u, vector, ${widths[index] === 1 ? 0 : 1}u)`;
  const error = (block: number, target: KernelLoss['blocks'][number]['target']): string => {
    const output = `outputs[(${block}u * sizes.points + point) * ${vectors}u + vector]`;
    return target === undefined ? output : `${output} - ${at(target.index, target.column)}`;
  };
  const scaled = (factor: number): string => (factor === 1 ? 'weight' : `weight * ${literal(factor)}`);
  return reverseActivation(layer, jet, format, {
    label: `pointwise loss ${penalty.kind}`,
    sizes: ['lossScale', 'gradientScale', ...used.map(targetSize), ...(perField ? used.map(targetPitch) : [])],
    perField,
    storage: [reads('outputs'), ...(used.length > 0 ? [reads('targets', 'f32')] : []), writes('lossSums', 'f32')],
    declarations: [
      ...penaltyFunctions(penalty),
      ...(used.length > 0
        ? [
            lines(
              '// A target of width 1 has pitch 0: it is the same for all outputs.',
              'fn targetAt(start: u32, vector: u32, pitch: u32) -> vec4<f32> {',
              '  var values = vec4(0.0);',
              `  for (var k = 0u; k < 4u && vector * 4u + k < ${o}u; k++) { values[k] = targets[start + (vector * 4u + k) * pitch]; }`,
              '  return values;',
              '}',
            ),
          ]
        : []),
    ],
    before: lines('let gradientScale = bitcast<f32>(sizes.gradientScale);', 'var loss = 0.0;'),
    upstream: lines(
      `let columns = vec4(vector * 4u) + vec4(0u, 1u, 2u, 3u);`,
      `let present = select(vec4(0.0), vec4(1.0), columns < vec4(${o}u));`,
      `let weight = present${weight === undefined ? '' : ` * ${at(weight, 0)}`};`,
      ...blocks.flatMap(({ factor, target }, block) =>
        factor === 0
          ? [`var g${block} = vec4(0.0);`]
          : [
              `let penalty${block} = penalise(${error(block, target)});`,
              `loss += dot(${scaled(factor)}, penalty${block}.size);`,
              `var g${block} = ${scaled(factor)} * gradientScale * penalty${block}.slope;`,
            ],
      ),
    ),
    after: lines('loss *= bitcast<f32>(sizes.lossScale);', storeSum('loss', 'lossSums', workgroupOf('index'))),
  });
};
