/** @file Priors in float64: generated parameters, jets and a loss, written out. */
import type { Prior } from '../src/index.ts';

type Vector = Float64Array;

/** A prior's parameters by name, in float64. */
export type Named = (name: string) => Vector;

/** Splits a flat vector in the order of a prior's layout. */
export const namedOf =
  ({ layout }: Prior, flat: Vector): Named =>
  name => {
    const { offset, size } = layout.entry(name);
    return flat.subarray(offset, offset + size);
  };

/** x W, with W row-major in columns `from` ... `from + m - 1` of a matrix with `width` columns. */
const product = (x: ArrayLike<number>, w: Vector, m: number, { width = m, from = 0 } = {}): Vector =>
  Float64Array.from({ length: m }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += (x[i] as number) * (w[i * width + from + j] as number);
    return sum;
  });

const plus = (a: Vector, b: Vector): Vector => a.map((value, i) => value + (b[i] as number));

const relu = (a: Vector): Vector => a.map(value => Math.max(0, value));

/** The output of head t of T ReLU MLPs with one hidden layer of h. */
const head = (p: Named, z: Vector, { name, t, count, h }: { name: string; t: number; count: number; h: number }) => {
  const first = product(z, p('generator.hidden.0.weight'), h, { width: count * h, from: t * h });
  const hidden = relu(plus(first, p('generator.hidden.0.bias').subarray(t * h, (t + 1) * h)));
  const bias = p(`generator.${name}.bias`);
  return plus(product(hidden, p(`generator.${name}.weight`), bias.length), bias);
};

/** A dense layer of the field. */
interface Layer {
  readonly weight: Vector;
  readonly bias: Vector;
}

const layerCount = ({ spec }: Prior): number => spec.field.layers.length;

const inOut = (prior: Prior, i: number): readonly [number, number] =>
  (prior.views['fields']?.network.layout.entry(`layers.${i}.weight`).shape ?? []).slice(-2) as [number, number];

const shared = (p: Named, i: number): Layer => ({
  weight: p(`generator.layers.${i}.weight.shared`),
  bias: p(`generator.layers.${i}.bias.shared`),
});

/** The layers of the field of a latent. */
const generate: Readonly<Record<string, (prior: Prior, p: Named, z: Vector) => Layer[]>> = {
  hypernetwork: (prior, p, z) => {
    const { hiddenFeatures: h } = prior.spec.generator as object as { hiddenFeatures: number };
    const count = 2 * layerCount(prior);
    return Array.from({ length: layerCount(prior) }, (_, i) => ({
      weight: head(p, z, { name: `layers.${i}.weight`, t: 2 * i, count, h }),
      bias: head(p, z, { name: `layers.${i}.bias`, t: 2 * i + 1, count, h }),
    }));
  },
  'low-rank-hypernetwork': (prior, p, z) => {
    const { hiddenFeatures: h, rank: r } = prior.spec.generator as object as { hiddenFeatures: number; rank: number };
    const count = 3 * layerCount(prior);
    return Array.from({ length: layerCount(prior) }, (_, i) => {
      const { weight, bias } = shared(p, i);
      const [n, m] = inOut(prior, i);
      const left = head(p, z, { name: `layers.${i}.weight.left`, t: 3 * i, count, h });
      const right = head(p, z, { name: `layers.${i}.weight.right`, t: 3 * i + 1, count, h });
      const scaled = weight.map((w, at) => {
        const [row, column] = [Math.floor(at / m), at % m];
        let sum = 0;
        for (let k = 0; k < r; k++) sum += (left[row * r + k] as number) * (right[k * m + column] as number);
        return w * (1 + sum / Math.sqrt(r));
      });
      if (left.length !== n * r) throw new Error('the oracle has wrong sizes');
      return {
        weight: scaled,
        bias: plus(bias, head(p, z, { name: `layers.${i}.bias.shift`, t: 3 * i + 2, count, h })),
      };
    });
  },
  'shift-modulation': (prior, p, z) =>
    Array.from({ length: layerCount(prior) }, (_, i) => {
      const { weight, bias } = shared(p, i);
      if (i === layerCount(prior) - 1) return { weight, bias };
      return { weight, bias: plus(bias, product(z, p(`generator.layers.${i}.bias.shift`), bias.length)) };
    }),
  film: (prior, p, z) => {
    const { hiddenFeatures: h } = prior.spec.generator as object as { hiddenFeatures: number };
    const count = 2 * (layerCount(prior) - 1);
    return Array.from({ length: layerCount(prior) }, (_, i) => {
      const { weight, bias } = shared(p, i);
      if (i === layerCount(prior) - 1) return { weight, bias };
      const gamma = head(p, z, { name: `layers.${i}.gamma`, t: 2 * i, count, h });
      const beta = head(p, z, { name: `layers.${i}.beta`, t: 2 * i + 1, count, h });
      const m = bias.length;
      return {
        weight: weight.map((w, at) => w * (gamma[at % m] as number)),
        bias: bias.map((b, j) => b * (gamma[j] as number) + (beta[j] as number)),
      };
    });
  },
  modulator: (prior, p, z) => {
    let previous: Vector | undefined;
    return Array.from({ length: layerCount(prior) }, (_, i) => {
      const { weight, bias } = shared(p, i);
      const m = bias.length;
      const scales = previous;
      if (i < layerCount(prior) - 1) {
        const input = Float64Array.from([...(previous ?? []), ...z]);
        const z1 = product(input, p(`generator.layers.${i}.modulator.weight`), m);
        previous = relu(plus(z1, p(`generator.layers.${i}.modulator.bias`)));
      }
      if (scales === undefined) return { weight, bias };
      return { weight: weight.map((w, at) => w * (scales[Math.floor(at / m)] as number)), bias };
    });
  },
};

/** The layers of the field of a latent, by the prior's generator. */
export const generatedLayers = (prior: Prior, p: Named, z: Vector): Layer[] => {
  const make = generate[prior.spec.generator.kind];
  if (make === undefined) throw new Error(`no oracle for ${prior.spec.generator.kind}`);
  return make(prior, p, z);
};

/** The value and the gradient `[d][o]` of a network of sines with one omega. */
export const jetAt = (
  layers: readonly Layer[],
  omega: number,
  x: ArrayLike<number>,
): { readonly value: Vector; readonly gradient: readonly Vector[] } => {
  let value: Vector = Float64Array.from(x);
  let gradient: Vector[] = Array.from(x, (_, k) => Float64Array.from(x, (__, j) => (j === k ? 1 : 0)));
  for (const [i, { weight, bias }] of layers.entries()) {
    const z = plus(product(value, weight, bias.length), bias);
    const slopes = gradient.map(row => product(row, weight, bias.length));
    const isLast = i === layers.length - 1;
    value = isLast ? z : z.map(a => Math.sin(omega * a));
    gradient = isLast ? slopes : slopes.map(row => row.map((s, j) => s * omega * Math.cos(omega * (z[j] as number))));
  }
  return { value, gradient };
};
