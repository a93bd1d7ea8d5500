/** @file Directional derivatives of jets with respect to the parameters, against Taylor arithmetic in float64. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { expectCloseInNorm } from '@neural-fields/testing';
import { engine, mul, ready, setBackend, type Tensor, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateNetwork } from '../../src/evaluate/evaluate.ts';
import { createField, parseSpec, siren } from '../../src/index.ts';
import { custom, type LayerDefinition } from '../../src/layers.ts';
import type { Network } from '../../src/spec/network.ts';
import { networkOf } from '../../src/spec/network.ts';
import { jetTangent, splitTangent } from '../../src/tangent/jet-tangent.ts';
import { tangentNetworkOf } from '../../src/tangent/tangent-network.ts';
import { activationNetworks, dense, networks, valuesFor } from './networks.ts';
import { networkOracle } from './program-oracle.ts';

const POINTS = 3;
const PARTS = ['value', 'gradient', 'hessian'] as const;
type Part = (typeof PARTS)[number];

/** Jet and tangent as arrays, in the order of the tensors. */
const oracle = (network: Network, { theta, v, coords }: ReturnType<typeof valuesFor>) => {
  const d = network.program.inFeatures;
  const axes = Array.from({ length: d }, (_, k) => k);
  const result = {
    jet: { value: [], gradient: [], hessian: [] },
    tangent: { value: [], gradient: [], hessian: [] },
  } as Record<'jet' | 'tangent', Record<Part, number[]>>;
  for (let i = 0; i < POINTS; i++) {
    const outputs = networkOracle(network, coords.slice(i * d, (i + 1) * d), { theta, directions: [v], order: 2 });
    for (const [name, along] of [
      ['jet', []],
      ['tangent', [0]],
    ] as const) {
      result[name].value.push(...outputs.map(by => by([], along)));
      result[name].gradient.push(...axes.flatMap(k => outputs.map(by => by([k], along))));
      result[name].hessian.push(...axes.flatMap(k => axes.flatMap(l => outputs.map(by => by([k, l], along)))));
    }
  }
  return result;
};

/** Random networks amplify errors, so these are a few times the errors of a SIREN's jet. */
const RELATIVE = 4e-5;

const expectOracle = (network: Network, requests: readonly (readonly Part[])[]): void => {
  const numbers = valuesFor(network, POINTS);
  const expected = oracle(network, numbers);
  for (const parts of requests)
    tidy(() => {
      const request = { gradient: parts.includes('gradient'), hessian: parts.includes('hessian') };
      const both = tensor1d(Float32Array.of(...numbers.theta, ...numbers.v));
      const coords = tensor2d(numbers.coords, [POINTS, network.program.inFeatures]);
      const split = splitTangent(evaluateNetwork(tangentNetworkOf(network), both, coords, request));
      for (const which of ['jet', 'tangent'] as const)
        for (const part of parts) {
          const got = (split[which] as Readonly<Record<Part, Tensor>>)[part].dataSync();
          expectCloseInNorm(
            got,
            expected[which][part],
            { relative: RELATIVE, absolute: 1e-5 },
            `${part} of the ${which}`,
          );
        }
    });
};

const REQUESTS: readonly (readonly Part[])[] = [['value'], ['value', 'gradient'], PARTS];

describe.each(['cpu', 'wasm'])('tangents of jets on %s', backend => {
  beforeAll(async () => {
    await setBackend(backend);
    await ready();
  });

  it.each(networks)('of $name', ({ network }) => expectOracle(network, REQUESTS));
  it.each(activationNetworks)('of $name', ({ network }) => expectOracle(network, REQUESTS));
});

describe('jetTangent', () => {
  beforeAll(async () => {
    await setBackend('cpu');
  });

  const spec = parseSpec(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1 }));

  it('accepts parameters flat and by name, and leaks no tensor', () => {
    const { theta, v, coords } = valuesFor(networkOf(spec), POINTS);
    const before = engine().memory().numTensors;
    tidy(() => {
      const points = tensor2d(coords, [POINTS, 2]);
      const flat = { parameters: tensor1d(theta), direction: tensor1d(v) };
      const field = createField(spec, { seed: 1 });
      const named = { parameters: field.parameters, direction: tensor1d(v) };
      const mixed = { ...named, parameters: field.layout.join(Object.values(field.parameters)) };
      const read = (given: typeof flat | typeof named) =>
        jetTangent(spec, given, points, { laplacian: true }).tangent.laplacian.dataSync();
      expect(read(named)).toEqual(read(mixed));
      expect(read(flat)).not.toEqual(read(mixed));
      field.dispose();
    });
    expect(engine().memory().numTensors).toBe(before);
  });

  it('rejects a direction of another length', () => {
    const parameters = tensor1d(valuesFor(networkOf(spec), 1).theta);
    expect(() => jetTangent(spec, { parameters, direction: tensor1d([1]) }, tensor2d([[0, 0]]), {})).toThrow(
      `must be [${parameters.size}], got [1]`,
    );
  });

  it('rejects custom operations with parameters and no tangent, and accepts those with one', () => {
    const doubled = (hasTangent: boolean): LayerDefinition => ({
      kind: 'doubled',
      apply: input =>
        custom([input], {
          outFeatures: input.features,
          rule: ({ inputs: [x] }) => ({ value: mul(x!.value, 2) }),
          ...(hasTangent && { tangent: ({ inputTangents: [dx] }) => ({ value: mul(dx!.value, 2) }) }),
        }),
    });
    const layers = [dense(2), { kind: 'doubled' }, dense(1)];
    const run = (definition: LayerDefinition, list: readonly object[]): number => {
      const extensions = { layers: [definition] };
      const own = parseSpec({ inFeatures: 2, layers: list }, extensions);
      const { theta, v } = valuesFor(networkOf(own, extensions), 1);
      const given = { parameters: tensor1d(theta), direction: tensor1d(v) };
      return jetTangent(own, given, tensor2d([[0.5, 0.2]]), {}, extensions).tangent.value.dataSync()[0] as number;
    };
    expect(() => run(doubled(false), layers)).toThrow(TypeError);
    expect(() => run(doubled(false), layers)).toThrow('must have a tangent');
    // No layer before it has parameters.
    expect(() => run(doubled(false), [{ kind: 'doubled' }, dense(1)])).not.toThrow();
    const twice: LayerDefinition = {
      kind: 'doubled',
      apply: (input, { layer }) =>
        layer({ kind: 'sum', branches: [{ kind: 'identity' }, { kind: 'identity' }] } as never, 'sum', input),
    };
    expect(run(doubled(true), layers)).toBeCloseTo(run(twice, layers), 5);
  });
});
