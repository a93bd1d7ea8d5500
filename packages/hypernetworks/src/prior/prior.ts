/** @file A prior: an encoder and a generator, which together are a space of fields. */
import {
  createFieldBatch,
  createModel,
  createParameters,
  type Extensions,
  Field,
  type FieldBatch,
  type FieldBatchSize,
  type FieldSpec,
  type InitialValues,
  type Model,
  type ModelDescription,
  type ModelPart,
  outFeatures as outFeaturesOf,
  type ParameterSet,
  parameterLayout,
  parseSpec,
  type StepInputs,
} from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { concat1d, reshape, type Tensor1D, type Tensor2D, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { Encoder, EncoderParameters, EncoderSpec, Observation } from '../encoders/encoder.ts';
import { encoderOf } from '../encoders/index.ts';
import type { Generator, GeneratorSpec } from '../generators/generator.ts';
import { generatorOf } from '../generators/index.ts';

/** What a prior consists of, as JSON. */
export interface PriorSpec {
  /** The generated fields. */
  readonly field: FieldSpec;
  /** Computes their parameters from latents: `hypernetwork()`, `lowRankHypernetwork()`, `shiftModulation()` ... */
  readonly generator: GeneratorSpec;
  /** Computes latents from what is known of signals: `setEncoder()`, `autoDecoder({ signals })` ... */
  readonly encoder: EncoderSpec;
  /** L, the length of a latent. */
  readonly latentFeatures: number;
}

/** The options of {@link createPrior}. */
export type PriorOptions = PriorSpec & {
  /** b, the number of signals in a training step; 1 if absent, e.g. for a prior that is not trained. */
  readonly signalsPerStep?: number;
  /** The layers and activations of the field that core does not define. */
  readonly extensions?: Extensions;
} & InitialValues;

/** The description of a prior in files and checkpoints. */
export interface PriorDescription extends ModelDescription, PriorSpec {
  readonly kind: 'prior';
  readonly signalsPerStep: number;
}

/** The names of a prior's views, for the terms of an objective. */
export const FIELDS = 'fields';
/** The view whose parameters are the latents. */
export const LATENTS = 'latents';

/** The values that belong to one part. */
const valuesOf = (values: InitialValues, part: string): InitialValues => {
  if ('seed' in values) return { seed: values.seed };
  const prefix = `${part}.`;
  const own = Object.entries(values.parameters).filter(([name]) => name.startsWith(prefix));
  return { parameters: Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value])) };
};

/** A field whose only parameter is the latent, so that a term can be on it. */
const latentSpec = (inFeatures: number, latentFeatures: number): FieldSpec =>
  parseSpec({
    inFeatures,
    layers: [{ kind: 'constant', values: new Array<number>(latentFeatures).fill(0), learned: true } as object as never],
  });

/**
 * A space of fields: latents from an encoder, fields from a generator. It is a model that `fit` trains, with the views
 * `fields` and `latents`. It owns its parameters until {@link Prior.dispose}.
 */
export class Prior implements Model {
  readonly spec: PriorSpec;
  readonly extensions: Extensions;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** b, the number of signals in a training step. */
  readonly signalsPerStep: number;
  readonly layout: Model['layout'];
  readonly parameters: Model['parameters'];
  readonly views: Model['views'];
  readonly #encoder: Encoder;
  readonly #generator: Generator;
  readonly #parts: { readonly encoder: ModelPart; readonly generator: ParameterSet };

  /** Use {@link createPrior}. */
  constructor(spec: PriorSpec, { signalsPerStep, extensions, values }: PriorParts) {
    const { latentFeatures } = spec;
    this.extensions = extensions;
    const field = parseSpec(spec.field, extensions);
    this.spec = { ...spec, field };
    this.signalsPerStep = signalsPerStep;
    const { inFeatures } = field;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeaturesOf(field, extensions);
    const layout = parameterLayout(field, extensions);
    const encoder = encoderOf(spec.encoder, { field, inFeatures, outFeatures: this.outFeatures, latentFeatures });
    const generator = generatorOf(spec.generator, { layout, latentFeatures });
    this.#encoder = encoder;
    this.#generator = generator;
    this.#parts = {
      encoder: encoder.create(valuesOf(values, 'encoder')),
      generator: createParameters(generator.entries, valuesOf(values, 'generator')),
    };
    const count = signalsPerStep;
    const model = createModel({
      kind: 'prior',
      parts: this.#parts,
      shared: (parts, inputs) => encoder.encode(parts.encoder as EncoderParameters, inputs),
      fields: {
        [FIELDS]: {
          ...this.batchOptions(count),
          parameters: (parts, _, latents) => flattened(generator.generate(parts.generator, latents)),
        },
        [LATENTS]: {
          spec: latentSpec(inFeatures, latentFeatures),
          count,
          parameters: (_parts, _inputs, latents) => reshape(latents, [-1]) as Tensor1D,
        },
      },
    });
    this.layout = model.layout;
    this.parameters = model.parameters;
    this.views = model.views;
  }

  get description(): PriorDescription {
    return { kind: 'prior', ...this.spec, signalsPerStep: this.signalsPerStep };
  }

  /** What is known of the signals of a step, as inputs of `fit`. @throws RangeError when an observation does not fit */
  observe(observations: readonly Observation[]): StepInputs {
    return this.#encoder.observe(observations);
  }

  /**
   * The latents of signals from what is known of them: `f32[b, L]`.
   *
   * @throws RangeError when an observation does not fit the encoder
   */
  encode(observations: readonly Observation[]): Tensor2D {
    const inputs = this.observe(observations);
    const { encoder } = this.#parts;
    const bound: EncoderParameters = {
      tensor: name => encoder.parameters[name] as Variable,
      ...(encoder instanceof Field && { evaluate: (rows: Tensor2D) => encoder.evaluate(rows) }),
    };
    return tidy(() => this.#encoder.encode(bound, inputs));
  }

  /**
   * The fields of latents, with parameters of their own. The caller disposes of them.
   *
   * @param latents `f32[b, L]`
   * @throws RangeError when the latents are of another length
   */
  fields(latents: Tensor2D): FieldBatch {
    assertLatents('prior.fields', latents, this.spec.latentFeatures);
    const { field } = this.spec;
    const { generator } = this.#parts;
    const names = parameterLayout(field, this.extensions).names();
    const made = tidy(() =>
      this.#generator.generate({ tensor: name => generator.parameters[name] as Variable }, latents).map(t => t.clone()),
    );
    try {
      const { spec, ...size } = this.batchOptions(latents.shape[0]);
      return createFieldBatch(spec, {
        ...size,
        parameters: Object.fromEntries(made.map((tensor, index) => [names[index] as string, tensor])),
      });
    } finally {
      for (const tensor of made) tensor.dispose();
    }
  }

  /**
   * The parameters of the fields of latents, as one vector in the order of `createFieldBatch`: for models of your own,
   * with what the prior has learned as it is. Differentiable with respect to the latents.
   *
   * @param latents `f32[b, L]`
   */
  generate(latents: Tensor2D): Tensor1D {
    const { parameters } = this.#parts.generator;
    return tidy(() => flattened(this.#generator.generate({ tensor: name => parameters[name] as Variable }, latents)));
  }

  /** How `createModel` describes `count` of the fields. */
  batchOptions(count: number): FieldBatchSize & { readonly spec: FieldSpec; readonly extensions: Extensions } {
    const { own } = this.#generator;
    return { spec: this.spec.field, extensions: this.extensions, count, ...(own && { own }) };
  }

  /** The fields of signals from what is known of them: {@link Prior.fields} of {@link Prior.encode}. */
  complete(observations: readonly Observation[]): FieldBatch {
    const latents = this.encode(observations);
    try {
      return this.fields(latents);
    } finally {
      latents.dispose();
    }
  }

  /** Frees the parameters. @throws Error while a fit trains them */
  dispose(): void {
    this.#parts.encoder.dispose();
    this.#parts.generator.dispose();
  }
}

/** What a prior is made from besides its spec. */
interface PriorParts {
  readonly signalsPerStep: number;
  readonly extensions: Extensions;
  readonly values: InitialValues;
}

/** The parameters of a batch of fields as one vector, parameter by parameter. */
const flattened = (tensors: ReturnType<Generator['generate']>): Tensor1D =>
  concat1d(tensors.map(tensor => reshape(tensor, [-1]) as Tensor1D));

/** @throws RangeError when latents are of another length */
export const assertLatents = (what: string, { shape }: Tensor2D, latentFeatures: number): void => {
  if (shape.length !== 2 || shape[1] !== latentFeatures)
    throw new RangeError(`${what}: latents must be [b, ${latentFeatures}], got [${shape.join(', ')}]`);
};

/**
 * Makes a prior:
 *
 *     const prior = createPrior({
 *       field: siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 32, hiddenLayers: 2 }),
 *       generator: hypernetwork({ hiddenFeatures: 64 }),
 *       encoder: setEncoder({ hiddenFeatures: 64 }),
 *       latentFeatures: 64,
 *       signalsPerStep: 32,
 *       seed: 0,
 *     });
 *
 * @throws TypeError or RangeError when a part of the spec is wrong
 */
export const createPrior = (options: PriorOptions): Prior => {
  assertOptions('createPrior', options, {
    field: 1,
    generator: 1,
    encoder: 1,
    latentFeatures: 1,
    signalsPerStep: 1,
    extensions: 1,
    seed: 1,
    parameters: 1,
  });
  const { field, generator, encoder, latentFeatures, signalsPerStep = 1, extensions = noExtensions } = options;
  assertCount('createPrior: latentFeatures', latentFeatures);
  assertCount('createPrior: signalsPerStep', signalsPerStep);
  const values = 'seed' in options ? { seed: options.seed } : { parameters: options.parameters };
  return new Prior({ field, generator, encoder, latentFeatures }, { signalsPerStep, extensions, values });
};

/** One object, because networks are cached by their extensions. */
const noExtensions: Extensions = Object.freeze({});
