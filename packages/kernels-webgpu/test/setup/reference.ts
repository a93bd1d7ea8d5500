import { type DerivativeRequest, evaluateJet, type Field, type Jet } from '@neural-fields/core';
import { add, engine, mul, scalar, setBackend, sum, type Tensor, type Tensor2D, tensor, tensor2d } from '@tensorflow/tfjs-core';

/** A jet and the derivatives of a fixed linear function of it, as numbers. */
export interface Measured {
  readonly jet: Readonly<Record<string, Float32Array>>;
  readonly coords: Float32Array;
  readonly parameters: Readonly<Record<string, Float32Array>>;
}

/** Deterministic weights of either sign, all of them different. */
const weightsLike = ({ shape, size }: Tensor): Tensor =>
  tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 1.7 * i)),
    shape,
  );

const partsOf = (jet: Jet<DerivativeRequest>): [string, Tensor][] =>
  Object.entries(jet).flatMap(([name, part]): [string, Tensor][] =>
    Array.isArray(part) ? part.map((form: Tensor, j) => [`${name}.${j}`, form]) : [[name, part as Tensor]],
  );

const numbersOf = async (entries: readonly [string, Tensor][]): Promise<Record<string, Float32Array>> =>
  Object.fromEntries(
    await Promise.all(entries.map(async ([name, part]) => [name, (await part.data()) as Float32Array] as const)),
  );

/** Evaluates a field on a backend; its parameters are read from the field first, so they may live on another one. */
export const measure = async (
  backend: string,
  field: Field,
  coords: Float32Array,
  request: DerivativeRequest,
): Promise<Measured> => {
  const names = Object.keys(field.parameters);
  const values = await numbersOf(Object.entries(field.parameters));
  await setBackend(backend);
  engine().startScope();
  const points: Tensor2D = tensor2d(coords.slice(), [coords.length / field.inFeatures, field.inFeatures]);
  const parameters = names.map(name => tensor(values[name] as Float32Array, field.parameters[name]?.shape));
  const record = Object.fromEntries(names.map((name, index) => [name, parameters[index] as Tensor]));
  const jet = evaluateJet(field.spec, record, points, request, field.extensions) as Jet<DerivativeRequest>;
  const { grads } = engine().gradients(
    () => {
      const parts = partsOf(evaluateJet(field.spec, record, points, request, field.extensions) as Jet<DerivativeRequest>);
      return parts.map(([, part]) => sum(mul(part, weightsLike(part)))).reduce((a, b) => add(a, b));
    },
    [points, ...parameters],
    scalar(1),
    true,
  );
  const gradients = await numbersOf(
    grads.map((gradient: Tensor | null, index): [string, Tensor] => [
      index === 0 ? '' : (names[index - 1] as string),
      gradient ?? scalar(0),
    ]),
  );
  const { '': coordsGradient, ...parameterGradients } = gradients;
  const result = {
    jet: await numbersOf(partsOf(jet)),
    coords: coordsGradient as Float32Array,
    parameters: parameterGradients,
  };
  engine().endScope();
  return result;
};
