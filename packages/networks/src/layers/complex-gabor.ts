import type { LayerSpec } from '@neural-fields/core';
import { add, cos, defineActivation, exp, mul, neg, sin, square } from '@neural-fields/core/elementwise';
import {
  columns,
  concat,
  elementwise,
  type LayerContext,
  type LayerDefinition,
  linear,
  product,
  type Signal,
  sum,
} from '@neural-fields/core/layers';
import { assertCount, assertPositive } from '@neural-fields/core/options';
import { affine, pytorchBound, uniformParameter } from './affine.ts';

/** A layer of WIRE: complex features exp(i omega z - |scale z|^2) with z = h W + b. */
export interface ComplexGaborSpec extends LayerSpec {
  readonly kind: 'complex-gabor';
  /** The number of complex features; the layer has twice as many real ones: all real parts, then all imaginary ones. */
  readonly outFeatures: number;
  readonly omega: number;
  readonly scale: number;
  /** Whether the input is complex, as the output of such a layer; false for coordinates. */
  readonly complexInput: boolean;
}

/** The last layer of WIRE: the real part of h W + b for a complex input. */
export interface ComplexLinearSpec extends LayerSpec {
  readonly kind: 'complex-linear';
  readonly outFeatures: number;
}

const parameters = { omega: 1, scale: 1 };

/** exp(-(scale x)^2) cos(omega x), or with the sine. */
const packet = (kind: 'cosine' | 'sine') =>
  defineActivation({
    kind: `gabor-${kind}`,
    parameters,
    steepness: ({ omega, scale }) => omega + scale,
    value: (x, { omega, scale }) =>
      mul(exp(neg(square(mul(x, scale)))), (kind === 'cosine' ? cos : sin)(mul(x, omega))),
  });

const [cosinePacket, sinePacket] = [packet('cosine'), packet('sine')];

/** exp(-omega y - (scale y)^2): what an imaginary part y of z contributes. */
const damping = defineActivation({
  kind: 'gabor-damping',
  parameters,
  steepness: ({ omega, scale }) => omega + scale,
  value: (y, { omega, scale }) => exp(neg(add(mul(y, omega), square(mul(y, scale))))),
});

/** The real and the imaginary part of complex features. */
const partsOf = (input: Signal): readonly [real: Signal, imaginary: Signal] => {
  const count = input.features / 2;
  return [columns(input, { count, column: j => j }), columns(input, { count, column: j => count + j })];
};

/** The parameters of h W + b, with PyTorch's initialisation of a complex layer: both parts U(+-1 / sqrt(n)). */
const complexAffine = (input: Signal, outFeatures: number, context: LayerContext) => {
  const [real, imaginary] = partsOf(input);
  const bound = pytorchBound(real.features);
  const declare = (role: string, ...shape: readonly number[]) => uniformParameter(context, role, shape, bound);
  const weights = [
    declare('weight.real', real.features, outFeatures),
    declare('weight.imaginary', real.features, outFeatures),
  ] as const;
  return { real, imaginary, weights, bias: (part: string) => declare(`bias.${part}`, outFeatures) };
};

/** The complex pre-activation: (a + i b)(W + i V) = (a W - b V) + i (b W + a V). */
const complexProduct = (input: Signal, outFeatures: number, context: LayerContext): readonly [Signal, Signal] => {
  const {
    real,
    imaginary,
    weights: [w, v],
    bias,
  } = complexAffine(input, outFeatures, context);
  return [
    sum([linear(real, w, bias('real')), linear(imaginary, v)], [1, -1]),
    sum([linear(imaginary, w, bias('imaginary')), linear(real, v)]),
  ];
};

/**
 * The layer of WIRE: Saragadam et al. 2023, arXiv:2301.05187, equation 3. With z = x + i y,
 *
 *     exp(i omega z - |scale z|^2) = exp(-omega y - (scale y)^2) exp(-(scale x)^2) (cos(omega x) + i sin(omega x))
 *
 * so that both parts are products of functions of one real number each. Parameters: `weight` and `bias` for real
 * inputs; `weight.real`, `weight.imaginary` f32[inFeatures, outFeatures], `bias.real` and `bias.imaginary`
 * f32[outFeatures] for complex ones.
 */
export const complexGaborLayer: LayerDefinition<ComplexGaborSpec> = {
  kind: 'complex-gabor',
  assertSpec({ outFeatures, omega, scale, complexInput }, { inFeatures }) {
    assertCount('complex-gabor: outFeatures', outFeatures);
    assertPositive('complex-gabor: omega', omega);
    assertPositive('complex-gabor: scale', scale);
    if (typeof complexInput !== 'boolean')
      throw new TypeError(`complex-gabor: complexInput must be true or false, got ${JSON.stringify(complexInput)}`);
    if (complexInput && inFeatures % 2 !== 0)
      throw new RangeError(`complex-gabor: a complex input must have an even number of features, got ${inFeatures}`);
  },
  apply(input, context) {
    const { outFeatures, omega, scale, complexInput } = context.spec;
    const values = { omega, scale };
    const wavesOf = (x: Signal): Signal[] => [cosinePacket, sinePacket].map(each => elementwise(x, each, values));
    if (!complexInput) return concat(wavesOf(affine(input, outFeatures, context)));
    const [x, y] = complexProduct(input, outFeatures, context);
    const factor = elementwise(y, damping, values);
    return concat(wavesOf(x).map(wave => product(wave, factor)));
  },
  keepUnits: (spec, kept) => ({ ...spec, outFeatures: kept.length }),
};

/** The last layer of WIRE, which keeps the real part: Re(h W + b). */
export const complexLinearLayer: LayerDefinition<ComplexLinearSpec> = {
  kind: 'complex-linear',
  assertSpec({ outFeatures }, { inFeatures }) {
    assertCount('complex-linear: outFeatures', outFeatures);
    if (inFeatures % 2 !== 0)
      throw new RangeError(`complex-linear: the input must have an even number of features, got ${inFeatures}`);
  },
  apply(input, context) {
    const {
      real,
      imaginary,
      weights: [w, v],
      bias,
    } = complexAffine(input, context.spec.outFeatures, context);
    return sum([linear(real, w, bias('real')), linear(imaginary, v)], [1, -1]);
  },
};
