/** @file The contract for fused field jets on any backend: they agree with the composed jet, and run where they can. */
import { type ActivationSpec, createField, type DerivativeRequest, mlp, parseSpec, siren } from '@neural-fields/core';
import { PROGRAM_KERNELS } from '@neural-fields/core/kernels';
import {
  type ActivationDefinition,
  coreActivations,
  custom,
  type LayerDefinition,
  type LayerJet,
} from '@neural-fields/core/layers';
import { exp, neg } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { userActivations } from './formulas.ts';
import { expectParity, kernelsOf, measure, pointsFor } from './measure.ts';

/** Options of the contract. */
export interface FieldJetContractOptions {
  /** Must be registered already, and `cpu` too. */
  readonly backend: string;
  /**
   * False where networks are slow to compile: then each piece of code is run once, instead of in all combinations.
   */
  readonly exhaustive: boolean;
  /**
   * More points than a batch of the kernel, at 8 features; if absent, the backend's own tests must cover batches.
   */
  readonly manyPoints?: number;
}

const REQUESTS: readonly DerivativeRequest[] = [
  {},
  { gradient: true },
  { laplacian: true },
  { gradient: true, hessian: true },
];
/** The highest order runs all of an activation's code. */
const HIGHEST: DerivativeRequest = { gradient: true, laplacian: true };
/** Tolerance for learned parameters, which are summed over features too. */
const LEARNED_RELATIVE = 5e-5;

const definitions = [...coreActivations, ...userActivations];
const activations: readonly ActivationSpec[] = definitions.map(({ kind, parameters }) => ({
  kind,
  ...Object.fromEntries(Object.keys(parameters).map((name, i) => [name, 0.75 + i / 2])),
}));

const learnable = definitions.flatMap(({ kind, parameters, parameterDerivatives }) =>
  parameterDerivatives ? [{ kind, ...parameters, learnable: Object.keys(parameters) }] : [],
);

/** A custom layer without parameters and with constant derivatives. */
const mirror: LayerDefinition = {
  kind: 'mirror',
  apply: input =>
    custom([input], {
      outFeatures: input.features,
      rule: ({ inputs: [jet] }) => {
        const { value, first, second } = jet as LayerJet;
        return { value: neg(value), ...(first && { first: neg(first) }), ...(second && { second: neg(second) }) };
      },
    }),
};

/** exp, without formulas for kernels; as an activation it follows learned weights and has second derivatives. */
const growth: ActivationDefinition = {
  kind: 'growth',
  parameters: {},
  derivatives: (x, _parameters, order) => Array.from({ length: order + 1 }, () => exp(x)),
};

const extensions = { layers: [mirror], activations: [growth, ...userActivations] };

const afterCustomLayers = ({ backend, exhaustive }: FieldJetContractOptions): void => {
  const size = { inFeatures: 3, outFeatures: 2, hiddenFeatures: 11, hiddenLayers: exhaustive ? 2 : 1 };
  const plain = mlp({ ...size, activation: { kind: 'tanh' } });
  const withGrowth = (at: number) =>
    parseSpec(
      {
        ...plain,
        layers: plain.layers.map((layer, index) =>
          index === at ? { ...layer, activation: { kind: 'growth' } } : layer,
        ),
      },
      extensions,
    );
  const specs = {
    'an encoding': mlp({ ...size, activation: { kind: 'tanh' }, encoding: { kind: 'mirror' }, extensions }),
    'an activation without formulas': withGrowth(0),
  };

  it.each(Object.keys(specs) as (keyof typeof specs)[])('agrees with the composed jet after %s', async name => {
    const field = createField(specs[name], { seed: 1, extensions });
    for (const request of exhaustive ? REQUESTS : REQUESTS.slice(0, 3)) {
      await expectParity({ backend, field, points: 45, request, fused: 'part' });
    }
  });

  it('leaves a network that ends in such a layer to the composed path', async () => {
    const field = createField(withGrowth(plain.layers.length - 1), { seed: 1, extensions });
    await expectParity({ backend, field, points: 9, request: {}, fused: 'none' });
  });

  it('takes an encoding with many features', async () => {
    const wide = { inFeatures: 21, outFeatures: 1, hiddenFeatures: 5, hiddenLayers: 1 };
    const spec = mlp({ ...wide, activation: { kind: 'tanh' }, encoding: { kind: 'mirror' }, extensions });
    const field = createField(spec, { seed: 1, extensions });
    await expectParity({ backend, field, points: 9, request: { laplacian: true }, fused: 'part' });
  });
};

/** Declares the tests in the caller's `describe`. */
export const fieldJetContract = (options: FieldJetContractOptions): void => {
  const { backend, exhaustive, manyPoints } = options;

  it('runs in the kernels of programs', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), {
      seed: 1,
    });
    const names = await kernelsOf(() => measure(backend, field, pointsFor(field, 5), { laplacian: true }));
    expect(names).toContain(PROGRAM_KERNELS.forward);
    expect(names).toContain(PROGRAM_KERNELS.backward);
    expect(names).not.toContain('BatchMatMul');
  });

  // With one output a kernel may compute the gradient by adjoints.
  const everything = [3, 1].flatMap(outFeatures => REQUESTS.map(request => ({ outFeatures, request })));
  const cases = activations.flatMap(activation =>
    (exhaustive ? everything : [{ outFeatures: 3, request: HIGHEST }]).map(each => ({ activation, ...each })),
  );
  it.each(cases)('agrees with the composed jet: %o', async ({ activation, outFeatures, request }) => {
    const hidden = exhaustive ? { hiddenFeatures: 19, hiddenLayers: 1 } : { hiddenFeatures: 9, hiddenLayers: 0 };
    const size = { inFeatures: 2, outFeatures, ...hidden };
    const field = createField(mlp({ ...size, activation, finalActivation: activation, extensions }), {
      seed: 4,
      extensions,
    });
    await expectParity({ backend, field, points: 37, request });
  });

  if (!exhaustive)
    it.each(REQUESTS)('agrees with the composed jet for %o', async request => {
      const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 19, hiddenLayers: 1 };
      const field = createField(mlp({ ...size, activation: { kind: 'tanh' } }), { seed: 4 });
      await expectParity({ backend, field, points: 37, request });
    });

  it.each(learnable)('agrees with the composed jet with learned parameters of $kind', async activation => {
    const size = {
      inFeatures: 2,
      outFeatures: 1,
      hiddenFeatures: exhaustive ? 19 : 9,
      hiddenLayers: exhaustive ? 1 : 0,
    };
    const field = createField(mlp({ ...size, activation, finalActivation: activation, extensions }), {
      seed: 4,
      extensions,
    });
    expect(Object.keys(field.parameters)).toContain(`layers.0.activation.${activation.learnable[0]}`);
    // These three represent the kinds of formulas; all orders are run for them.
    const all = exhaustive || ['sine', 'prelu', 'finer'].includes(activation.kind);
    for (const request of all ? REQUESTS : [HIGHEST])
      await expectParity({ backend, field, points: 37, request, relative: LEARNED_RELATIVE });
  });

  it('agrees with the composed jet for any shape', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          inFeatures: fc.integer({ min: 1, max: 10 }),
          widths: fc.array(fc.integer({ min: 1, max: 75 }), { minLength: 1, maxLength: 3 }),
          scalar: fc.boolean(),
          points: fc.integer({ min: 1, max: 300 }),
          bias: fc.boolean(),
          request: fc.constantFrom<DerivativeRequest>({}, { gradient: true }, { laplacian: true }),
          seed: fc.nat(1000),
        }),
        async ({ inFeatures, widths, scalar, points, bias, request, seed }) => {
          const layers = [...widths, ...(scalar ? [1] : [])].map((outFeatures, index, all) => ({
            kind: 'dense',
            outFeatures,
            activation: index === all.length - 1 ? { kind: 'identity' } : { kind: 'sine', omega: 2 },
            weightInitialiser: { kind: 'xavier-normal' },
            biasInitialiser: bias ? { kind: 'pytorch-linear' } : null,
          }));
          await expectParity({
            backend,
            field: createField(parseSpec({ inFeatures, layers }), { seed }),
            points,
            request,
          });
        },
      ),
      { numRuns: exhaustive ? 15 : 6, seed: 20261121 },
    ));

  it('takes forms with mixed derivatives, and several at once', async () => {
    const size = { inFeatures: 3, outFeatures: 2, hiddenFeatures: 12, hiddenLayers: 1, omega0: 3, omegaHidden: 2 };
    const mixed = [
      [0, 0.5, 0],
      [0.5, 0, 2],
      [0, 2, -1],
    ];
    const field = createField(siren(size), { seed: 2 });
    await expectParity({ backend, field, points: 21, request: { second: [[1, -0.25, 0], mixed] } });
  });

  if (manyPoints !== undefined)
    it('takes more points than a batch', async () => {
      const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0, omega0: 5 };
      const field = createField(siren(size), { seed: 2 });
      // The reference sums all terms sequentially.
      await expectParity({ backend, field, points: manyPoints, request: { gradient: true }, relative: 2e-4 });
    });

  it('is deterministic', async () => {
    const size = {
      inFeatures: 2,
      outFeatures: 1,
      hiddenFeatures: exhaustive ? 64 : 24,
      hiddenLayers: exhaustive ? 2 : 1,
    };
    const field = createField(siren(size), { seed: 1 });
    const coords = pointsFor(field, exhaustive ? 3000 : 700);
    const first = await measure(backend, field, coords, { laplacian: true });
    expect(await measure(backend, field, coords, { laplacian: true })).toEqual(first);
  });

  describe('after layers without kernels', () => afterCustomLayers(options));
};
