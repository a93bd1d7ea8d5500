/**
 * @file The first step of the backward pass: from the gradient of the outputs to that of the last layer's
 *   pre-activations. The gradient of the outputs is given, or that of a pointwise loss, which is computed here too.
 */
import type { KernelLoss } from '@neural-fields/core/kernels';
import type { DenseLayer } from './activations.ts';
import { backwardActivation } from './backward-activation.ts';
import { literal, printFormulas } from './formula.ts';
import type { JetFormat } from './jet-format.ts';
import { blockCount, type JetShape } from './jet-rule.ts';
import { pointRange } from './point-range.ts';
import { indent, lines, reads, repeat, type Shader, writes } from './shader.ts';
import { storeSum } from './workgroup-sum.ts';

/** The output of a network: its width, and its activation. */
export type LastLayer = Pick<DenseLayer, 'activation' | 'outFeatures'>;

/** Begins with the gradient of the outputs in `upstream`, `[blocks][sizes.points][out]`. */
export const givenUpstream = (layer: LastLayer, jet: JetShape, format: JetFormat): Shader => {
  const { outFeatures } = layer;
  return backwardActivation(layer, jet, format, {
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

/** `penalise(error)`: the penalty and its first derivative, and the functions that it calls. */
const penaltyFunctions = ({ parameters, expressions: { value, firstDerivative } }: KernelLoss['penalty']): string[] => {
  const names = { argument: 'error', parameters: Object.values(parameters).map(literal) };
  const { declarations, statements, results } = printFormulas([value, firstDerivative], Object.keys(parameters), names);
  return [
    ...declarations,
    lines(
      'struct Penalty { value: vec4<f32>, firstDerivative: vec4<f32> }',
      'fn penalise(error: vec4<f32>) -> Penalty {',
      indent(lines(statements, `return Penalty(${results.join(', ')});`)),
      '}',
    ),
  ];
};

/**
 * The name of the size with the distance between neighbouring fields in a target, in points; 0 if all fields share it.
 */
export const targetPitch = (index: number): string => `targetPitch${index}`;

/**
 * The name of the size with the start of a target in `targets`.
 */
export const targetSize = (index: number): string => `target${index}`;

/**
 * A pointwise loss. `outputs` `[blocks][sizes.points][out]` is padded to multiples of four; `targets` is the
 * concatenation of all targets, of which the t-th `[sizes.points][targetWidths[t]]` begins at `sizes.target<t>`. The
 * sum of a workgroup's penalties goes to `lossSums`. The gradient is scaled by the float in `sizes.gradientScale`, the
 * loss by that in `sizes.lossScale`. For many fields it runs field by field.
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
  return backwardActivation(layer, jet, format, {
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
              `loss += dot(${scaled(factor)}, penalty${block}.value);`,
              `var g${block} = ${scaled(factor)} * gradientScale * penalty${block}.firstDerivative;`,
            ],
      ),
    ),
    after: lines('loss *= bitcast<f32>(sizes.lossScale);', storeSum('loss', 'lossSums', workgroupOf('index'))),
  });
};
