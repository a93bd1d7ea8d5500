/** @file Meta-learned initialisations and modulations: fields that adapt to a new signal in a few steps. */
import {
  createField,
  createFieldBatch,
  createModel,
  createParameters,
  type DerivativeRequest,
  type Extensions,
  type Field,
  type FieldBatch,
  type FieldBatchSize,
  type FieldSpec,
  type Model,
  type ModelDescription,
  type ObjectiveTerm,
  outFeatures as outFeaturesOf,
  type ParameterSet,
  type PointLoss,
  type PointSource,
  parameterTerm,
  parseSpec,
  type StepInputs,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { batchNetworkOf, networkOf } from '@neural-fields/core/kernels';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import {
  customGrad,
  mul,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  type Variable,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Observation } from '../encoders/encoder.ts';
import { type Adaptation, type AdaptationStart, modulationAdaptation, parameterAdaptation } from './adaptation.ts';
import { innerGradient, sampleInputs } from './inner-gradient.ts';

/**
 * How the start of the inner steps is learned: by the gradient through them (`maml`), the same without second
 * derivatives (`first-order-maml`), or by moving it towards where they end (`reptile`).
 */
export type MetaMethod = 'maml' | 'first-order-maml' | 'reptile';

const METHODS: readonly MetaMethod[] = ['maml', 'first-order-maml', 'reptile'];

/** The options of {@link createMetaLearner}. */
export interface MetaLearnerOptions<R extends DerivativeRequest> {
  readonly field: FieldSpec;
  /** The loss of the inner steps, e.g. `mse()`; for `maml` one that is described as data, or has a tangent. */
  readonly loss: PointLoss<R>;
  /** `maml` if absent. */
  readonly method?: MetaMethod;
  /**
   * The length of a field's modulations: the inner steps then change these alone, and the fields share the rest
   * (functa). If absent, the inner steps change all parameters.
   */
  readonly latentFeatures?: number;
  /** The number of inner steps; 3 if absent. */
  readonly innerSteps?: number;
  /** The rate of the inner steps, or its initial value; 1e-2 if absent. */
  readonly innerRate?: number;
  /** Whether a rate for each adapted parameter is learned (Meta-SGD); true if absent, never with `reptile`. */
  readonly learnRates?: boolean;
  /** b, the number of signals in a training step; 1 if absent. */
  readonly signalsPerStep?: number;
  /** The layers and activations of the field that core does not define. */
  readonly extensions?: Extensions;
  /** The seed for the start. */
  readonly seed: number;
}

/** The settings of a meta-learner, all given. */
interface MetaSettings extends Required<Omit<MetaLearnerOptions<DerivativeRequest>, 'latentFeatures' | 'seed'>> {
  readonly latentFeatures: number | undefined;
  readonly seed: number;
}

/** The view of the adapted fields, and that of what the inner steps have changed. */
const [ADAPTED, CHANGES] = ['fields', 'changes'] as const;

/** The inner steps to take. */
interface InnerSteps {
  readonly inputs: StepInputs;
  readonly count: number;
  readonly steps: number;
  readonly isDifferentiable: boolean;
}

/** A tensor without its gradient. */
const constantOf = (tensor: Tensor1D): Tensor1D =>
  customGrad((...[x]) => ({ value: (x as Tensor).clone(), gradFunc: (upstream: Tensor) => zerosLike(upstream) }))(
    tensor,
  ) as Tensor1D;

/**
 * Fields that adapt to what is known of a signal by a few steps of gradient descent from a learned start. It is a model
 * that `fit` trains on {@link metaTerms}; it owns its parameters until {@link MetaLearner.dispose}.
 */
export class MetaLearner implements Model {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** b, the number of signals in a training step. */
  readonly signalsPerStep: number;
  readonly method: MetaMethod;
  readonly layout: Model['layout'];
  readonly parameters: Model['parameters'];
  readonly description: ModelDescription;
  readonly views: Model['views'];
  readonly #settings: MetaSettings;
  readonly #adaptation: Adaptation;
  readonly #parts: { readonly start: Field; readonly meta: ParameterSet };

  /** Use {@link createMetaLearner}. */
  constructor(settings: MetaSettings) {
    const { extensions, method, signalsPerStep, seed, innerSteps, innerRate, learnRates, latentFeatures } = settings;
    const field = parseSpec(settings.field, extensions);
    this.#settings = { ...settings, field };
    this.inFeatures = field.inFeatures;
    this.outFeatures = outFeaturesOf(field, extensions);
    this.signalsPerStep = signalsPerStep;
    this.method = method;
    const { layout } = networkOf(field, extensions);
    const adaptation =
      latentFeatures === undefined ? parameterAdaptation(layout) : modulationAdaptation(layout, latentFeatures);
    this.#adaptation = adaptation;
    const { rates: count, entries } = adaptation;
    this.#parts = {
      start: createField(field, { seed, extensions }),
      meta: createParameters(
        { ...entries, rates: { shape: [count], initialise: () => new Float32Array(count).fill(innerRate) } },
        { seed },
      ),
    };
    const inner = (inputs: StepInputs): InnerSteps => ({
      inputs,
      count: signalsPerStep,
      steps: innerSteps,
      isDifferentiable: method === 'maml',
    });
    const model = createModel({
      kind: 'meta-learner',
      parts: this.#parts,
      shared: ({ start, meta }, inputs) =>
        this.#adapt({ flat: start.flat, tensor: name => meta.tensor(name) }, inner(inputs)),
      fields: {
        [ADAPTED]: {
          ...this.#batchOptions(signalsPerStep),
          parameters: (_parts, _inputs, adapted) => adapted,
        },
        [CHANGES]: {
          ...this.#batchOptions(signalsPerStep),
          parameters: ({ start, meta }, _inputs, adapted) => {
            const from: AdaptationStart = { flat: start.flat, tensor: name => meta.tensor(name) };
            const begun = adaptation.fields(adaptation.begin(from, signalsPerStep), from);
            return sub(begun, constantOf(adapted));
          },
        },
      },
    });
    this.layout = model.layout;
    this.parameters = model.parameters;
    this.views = model.views;
    const own = { method, innerSteps, innerRate, learnRates, ...(latentFeatures !== undefined && { latentFeatures }) };
    this.description = { ...model.description, ...own } as ModelDescription;
  }

  #batchOptions(count: number): FieldBatchSize & { readonly spec: FieldSpec; readonly extensions: Extensions } {
    const { field, extensions } = this.#settings;
    const { own } = this.#adaptation;
    return { spec: field, extensions, count, ...(own && { own }) };
  }

  /** The state after the inner steps: u <- u - rates dL/du, with the loss L at the known samples. */
  #descend(start: AdaptationStart, { inputs, count, steps, isDifferentiable }: InnerSteps): Tensor {
    const { field, extensions, loss, learnRates } = this.#settings;
    const { begin, spread, fields, pullBack, own } = this.#adaptation;
    const network = batchNetworkOf(networkOf(field, extensions), count, own);
    const given = start.tensor('rates') as Tensor1D;
    const rates = spread(learnRates ? given : constantOf(given), count);
    let state = begin(start, count);
    for (let step = 0; step < steps; step++) {
      const gradient = innerGradient({ network, loss, inputs, isDifferentiable }, fields(state, start));
      state = sub(state, mul(rates, pullBack(gradient, start, network)));
    }
    return state;
  }

  /** The parameters of fields after the inner steps. */
  #adapt(start: AdaptationStart, steps: InnerSteps): Tensor1D {
    return this.#adaptation.fields(this.#descend(start, steps), start);
  }

  /** What inner steps start from, outside of a fit. */
  #start(): AdaptationStart {
    const { start, meta } = this.#parts;
    const flat = start.layout.join(start.layout.names().map(name => start.parameters[name] as Variable));
    return { flat, tensor: name => meta.parameters[name] as Variable };
  }

  /** What is known of the signals of a step, as inputs of `fit`. @throws RangeError when observations do not fit */
  observe(observations: readonly Observation[]): StepInputs {
    return sampleInputs(observations, this);
  }

  /**
   * The fields of signals from what is known of them, after the inner steps. The caller disposes of them.
   *
   * @param observations as many samples for each signal
   * @param steps the number of inner steps; that of the training if absent, and 0 for the start itself
   * @throws RangeError when observations do not fit
   */
  adapt(observations: readonly Observation[], steps: number = this.#settings.innerSteps): FieldBatch {
    assertCount('metaLearner.adapt: steps', steps, 0);
    const inputs = this.observe(observations);
    const count = observations.length;
    const { spec, ...size } = this.#batchOptions(count);
    const { layout } = batchNetworkOf(networkOf(spec, this.extensions), count, size.own);
    const made = tidy(() =>
      layout.split(this.#adapt(this.#start(), { inputs, count, steps, isDifferentiable: false })),
    );
    try {
      const parameters = Object.fromEntries(made.map((tensor, index) => [layout.names()[index] as string, tensor]));
      return createFieldBatch(spec, { ...size, parameters });
    } finally {
      for (const tensor of made) tensor.dispose();
    }
  }

  /**
   * The modulations of signals from what is known of them, after the inner steps: `f32[b, latentFeatures]`, which
   * represent the signals in other tasks (functa, section 4). The caller disposes of them.
   *
   * @param observations as many samples for each signal
   * @param steps the number of inner steps; that of the training if absent
   * @throws RangeError when the inner steps change all parameters, or observations do not fit
   */
  modulations(observations: readonly Observation[], steps: number = this.#settings.innerSteps): Tensor2D {
    if (this.#settings.latentFeatures === undefined)
      throw new RangeError(
        'metaLearner.modulations: the inner steps change all parameters; it needs createMetaLearner({ latentFeatures })',
      );
    assertCount('metaLearner.modulations: steps', steps, 0);
    const inputs = this.observe(observations);
    const count = observations.length;
    return tidy(() => this.#descend(this.#start(), { inputs, count, steps, isDifferentiable: false }) as Tensor2D);
  }

  /** The layers and activations of the field that core does not define. */
  get extensions(): Extensions {
    return this.#settings.extensions;
  }

  /** Frees the parameters. @throws Error while a fit trains them */
  dispose(): void {
    this.#parts.start.dispose();
    this.#parts.meta.dispose();
  }
}

/** One object, because networks are cached by their extensions. */
const noExtensions: Extensions = Object.freeze({});

/**
 * Makes fields that learn to adapt: a start, and a rate for each adapted parameter, from which a few steps of gradient
 * descent fit a new signal.
 *
 *     const learner = createMetaLearner({ field, loss: mse(), signalsPerStep: 8, seed: 0 });
 *     const points = signalPoints(learner, train);
 *     for await (const { loss } of fit(learner, metaTerms(learner, { points, loss: mse() }), options)) ...
 *     const fields = learner.adapt([{ coords, values }]);
 *
 * Finn et al. 2017, "MAML", arXiv:1703.03400; Nichol et al. 2018, "Reptile", arXiv:1803.02999; Li et al. 2017,
 * "Meta-SGD", arXiv:1707.09835; for fields Sitzmann et al. 2020, "MetaSDF", arXiv:2006.09662, and Tancik et al. 2021,
 * "Learned initializations", arXiv:2012.02189; modulations as in functa, arXiv:2201.12204.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const createMetaLearner = <const R extends DerivativeRequest = Record<never, never>>(
  options: MetaLearnerOptions<R>,
): MetaLearner => {
  assertOptions('createMetaLearner', options, {
    field: 1,
    loss: 1,
    method: 1,
    latentFeatures: 1,
    innerSteps: 1,
    innerRate: 1,
    learnRates: 1,
    signalsPerStep: 1,
    extensions: 1,
    seed: 1,
  });
  const { field, loss, method = 'maml', latentFeatures, innerSteps = 3, innerRate = 1e-2, seed } = options;
  const { signalsPerStep = 1, extensions = noExtensions, learnRates = true } = options;
  if (!METHODS.includes(method))
    throw new RangeError(`createMetaLearner: method must be ${METHODS.join(', ')}, got ${JSON.stringify(method)}`);
  if (method === 'reptile' && latentFeatures !== undefined)
    throw new TypeError('createMetaLearner: latentFeatures must be absent with reptile, which moves the start itself');
  if (latentFeatures !== undefined) assertCount('createMetaLearner: latentFeatures', latentFeatures);
  assertCount('createMetaLearner: innerSteps', innerSteps);
  assertCount('createMetaLearner: signalsPerStep', signalsPerStep);
  assertPositive('createMetaLearner: innerRate', innerRate);
  return new MetaLearner({
    field,
    loss: loss as object as PointLoss<DerivativeRequest>,
    method,
    latentFeatures,
    innerSteps,
    innerRate,
    learnRates: learnRates && method !== 'reptile',
    signalsPerStep,
    extensions,
    seed,
  });
};

/** The options of {@link metaTerms}. */
export interface MetaTermsOptions<R extends DerivativeRequest> {
  /** `signalPoints` of the learner. */
  readonly points: PointSource;
  /** The loss of the adapted fields. */
  readonly loss: PointLoss<R>;
}

/**
 * The objective of a meta-learner: the loss of the adapted fields, term `data`. With `reptile` that has weight 0, and
 * the term `changes` is half the squared change by the inner steps, whose gradient is Reptile's update.
 */
export const metaTerms = <const R extends DerivativeRequest = Record<never, never>>(
  learner: MetaLearner,
  options: MetaTermsOptions<R>,
): ObjectiveTerm[] => {
  assertOptions('metaTerms', options, { points: 1, loss: 1 });
  const { points, loss } = options;
  if (learner.method !== 'reptile') return [term({ name: 'data', field: ADAPTED, points, loss })];
  return [
    term({ name: 'data', field: ADAPTED, points, loss, weight: 0 }),
    parameterTerm({ name: 'changes', field: CHANGES, penalty: squared, weight: 0.5 }),
  ];
};
