import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ComplexArray, fft, inverseFft } from '../../src/spectra/fft.ts';

/** The definition, term by term, over all axes. */
const naiveDft = ({ real, imaginary }: ComplexArray, shape: readonly number[]): ComplexArray => {
  const size = real.length;
  const indices = Array.from({ length: size }, (_, flat) => {
    let rest = flat;
    return [...shape]
      .reverse()
      .map(length => {
        const index = rest % length;
        rest = Math.floor(rest / length);
        return index;
      })
      .reverse();
  });
  const result = { real: new Float64Array(size), imaginary: new Float64Array(size) };
  indices.forEach((k, place) => {
    indices.forEach((n, source) => {
      // The fraction of a turn, reduced exactly axis by axis.
      const turns = shape.reduce(
        (sum, length, axis) => sum + (((k[axis] as number) * (n[axis] as number)) % length) / length,
        0,
      );
      const [c, s] = [Math.cos(2 * Math.PI * turns), -Math.sin(2 * Math.PI * turns)];
      const [x, y] = [real[source] as number, imaginary[source] as number];
      result.real[place] = (result.real[place] as number) + x * c - y * s;
      result.imaginary[place] = (result.imaginary[place] as number) + x * s + y * c;
    });
  });
  return result;
};

const norm = ({ real, imaginary }: ComplexArray): number =>
  Math.sqrt(real.reduce((sum, x, i) => sum + x * x + (imaginary[i] as number) ** 2, 0));

const combine = (a: number, x: ComplexArray, b: number, y: ComplexArray): ComplexArray => ({
  real: x.real.map((value, i) => a * value + b * (y.real[i] as number)),
  imaginary: x.imaginary.map((value, i) => a * value + b * (y.imaginary[i] as number)),
});

const expectClose = (got: ComplexArray, expected: ComplexArray): void => {
  // The error of an FFT grows like log N roundings (Higham 2002, theorem 24.2), that of the sums of the oracle like
  // sqrt N.
  expect(norm(combine(1, got, -1, expected))).toBeLessThanOrEqual(1e-13 * norm(expected));
};

const complexOf = (size: number): fc.Arbitrary<ComplexArray> => {
  const part = fc
    .array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: size, maxLength: size })
    .map(values => Float64Array.from(values));
  return fc.record({ real: part, imaginary: part });
};

const shapes = fc.oneof(
  fc.integer({ min: 1, max: 80 }).map(length => [length]),
  fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
);

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
const signals = shapes.chain(shape => complexOf(sizeOf(shape)).map(signal => ({ shape, signal })));

describe('fft', () => {
  it('is the discrete Fourier transform at every length up to 70', () => {
    for (let length = 1; length <= 70; length++) {
      const real = Float64Array.from({ length }, (_, i) => Math.sin(i * i + 1));
      const imaginary = Float64Array.from({ length }, (_, i) => Math.cos(3 * i * i));
      expectClose(fft({ real, imaginary }), naiveDft({ real, imaginary }, [length]));
    }
  });

  it('is the discrete Fourier transform along one to three axes', () => {
    fc.assert(fc.property(signals, ({ shape, signal }) => expectClose(fft(signal, shape), naiveDft(signal, shape))));
  });

  it('is linear', () => {
    const pairs = shapes.chain(shape =>
      fc.tuple(fc.constant(shape), complexOf(sizeOf(shape)), complexOf(sizeOf(shape))),
    );
    fc.assert(
      fc.property(pairs, ([shape, x, y]) => {
        const difference = combine(
          1,
          fft(combine(2, x, -3, y), shape),
          -1,
          combine(2, fft(x, shape), -3, fft(y, shape)),
        );
        expect(norm(difference)).toBeLessThanOrEqual(1e-13 * (norm(x) + norm(y)) * Math.sqrt(sizeOf(shape)));
      }),
    );
  });

  it('preserves the energy (Parseval)', () => {
    fc.assert(
      fc.property(signals, ({ shape, signal }) => {
        const expected = norm(signal) * Math.sqrt(sizeOf(shape));
        expect(Math.abs(norm(fft(signal, shape)) - expected)).toBeLessThanOrEqual(1e-13 * expected);
      }),
    );
  });

  it('is inverted by inverseFft', () => {
    fc.assert(fc.property(signals, ({ shape, signal }) => expectClose(inverseFft(fft(signal, shape), shape), signal)));
  });

  it.each([65536, 44100, 99991])('has one nonzero element for one wave of length %i', length => {
    const k = 12_345;
    const angle = (n: number): number => (2 * Math.PI * ((k * n) % length)) / length;
    const real = Float64Array.from({ length }, (_, n) => Math.cos(angle(n)));
    const imaginary = Float64Array.from({ length }, (_, n) => Math.sin(angle(n)));
    const peak = { real: new Float64Array(length), imaginary: new Float64Array(length) };
    peak.real[k] = length;
    expectClose(fft({ real, imaginary }), peak);
  });

  it('does not modify its input, and rejects wrong shapes', () => {
    const signal = { real: Float64Array.of(1, 2, 3), imaginary: new Float64Array(3) };
    fft(signal);
    expect([...signal.real]).toEqual([1, 2, 3]);
    expect(() => fft(signal, [2, 2])).toThrow(RangeError('fft: shape [2, 2] needs 4 values, got 3 and 3'));
    expect(() => inverseFft(signal, [])).toThrow(
      RangeError('inverseFft: shape must be a list of positive integers, got []'),
    );
    expect(() => fft({ real: new Float64Array(0), imaginary: new Float64Array(0) })).toThrow(RangeError);
  });
});
