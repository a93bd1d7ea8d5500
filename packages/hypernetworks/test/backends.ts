/** @file The contract of priors on any backend: their fields are those of the cpu backend, with derivatives. */
import { createRng, siren } from '@neural-fields/core';
import { expectCloseInNorm, FIELD_GRADIENT } from '@neural-fields/testing';
import { setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { it } from 'vitest';
import { createPrior, type GeneratorSpec, hypernetwork, setEncoder, shiftModulation } from '../src/index.ts';

const generators: readonly GeneratorSpec[] = [hypernetwork({ hiddenFeatures: 8 }), shiftModulation({ scale: 0.3 })];

/** The values and gradients of three completed fields on a backend. */
const measure = async (backend: string, generator: GeneratorSpec): Promise<Float32Array[]> => {
  await setBackend(backend);
  const rng = createRng(2);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * rng.uniform() - 1);
  const prior = createPrior({
    field: siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 10 }),
    generator,
    encoder: setEncoder({ hiddenFeatures: 16, hiddenLayers: 0, omega0: 10 }),
    latentFeatures: 4,
    seed: 1,
  });
  const fields = prior.complete([5, 9, 2].map(count => ({ coords: draw(2 * count), values: draw(count) })));
  const at = tensor2d(draw(34), [17, 2]);
  const { value, gradient } = fields.jet(at, { gradient: true });
  const results = [Float32Array.from(await value.data()), Float32Array.from(await gradient.data())];
  for (const tensor of [at, value, gradient]) tensor.dispose();
  fields.dispose();
  prior.dispose();
  return results;
};

/** @param backend must be registered already, and `cpu` too */
export const priorContract = (backend: string): void => {
  it.each(generators)(`completes with the same fields on ${backend}: $kind`, async generator => {
    const wanted = await measure('cpu', generator);
    const got = await measure(backend, generator);
    // The errors of the latent and of the generated parameters add to those of the field.
    for (const [index, values] of wanted.entries())
      expectCloseInNorm(got[index] as Float32Array, values, { relative: 4 * (FIELD_GRADIENT.relative ?? 0) });
  });
};
