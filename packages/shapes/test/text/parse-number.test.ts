import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNumber } from '../../src/text/parse-number.ts';

const parse = (text: string): number | undefined => {
  const bytes = new TextEncoder().encode(`<${text}>`);
  return parseNumber(bytes, 1, bytes.length - 1);
};

describe('parseNumber', () => {
  test('parses the shortest text of any double exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), value => {
        expect(parse(Object.is(value, -0) ? '-0' : String(value))).toBe(value);
        expect(parse(value.toExponential(16))).toBe(Number(value.toExponential(16)));
      }),
      { numRuns: 500 },
    );
  });

  test('parses any number of digits before and after the point like JavaScript', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 25 });
    fc.assert(
      fc.property(
        digits,
        digits,
        fc.integer({ min: -330, max: 330 }),
        fc.boolean(),
        (whole, fraction, exponent, plain) => {
          fc.pre(whole.length + fraction.length > 0);
          const text = `${whole}.${fraction}${plain ? '' : `e${exponent}`}`;
          expect(parse(text)).toBe(Number(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['1', 1],
    ['+1.', 1],
    ['-.5', -0.5],
    ['1E+2', 100],
    ['-0', -0],
    ['00012', 12],
    ['9007199254740993', 9007199254740992],
    ['1e400', Infinity],
    ['1e-400', 0],
    ['inf', Infinity],
    ['-Infinity', -Infinity],
    ['nan', Number.NaN],
    ['-NaN(ind)', Number.NaN],
    ['1.#QNAN0', Number.NaN],
    ['-1.#INF', -Infinity],
  ])('%s', (text, value) => {
    expect(parse(text)).toBe(value);
  });

  test.each(['', '-', '.', 'e5', '1e', '1e+', '1,5', '0x10', '1.2.3', '1/2', '--1', 'nano', 'infinite', '١'])(
    '%s is not a number',
    text => {
      expect(parse(text)).toBeUndefined();
    },
  );

  test('rejects a number of ten thousand digits', () => {
    expect(parse('1'.repeat(10_000))).toBeUndefined();
    expect(parse('1'.repeat(300))).toBe(Number('1'.repeat(300)));
  });
});
