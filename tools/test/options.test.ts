import { describe, expect, test } from 'vitest';
import { findOptions } from '../lib/public-options.mjs';

// Plain JavaScript has no compiler that sees a misspelt option. Every public function that takes an object with options
// says which one it does not know, before it does anything else.

const found = findOptions();

/** Calls a function whose other arguments are absent; an asynchronous one, or a generator, to its first result. */
const call = async (run: (...args: unknown[]) => unknown, args: readonly unknown[]): Promise<unknown> => {
  const result = await run(...args);
  const isGenerator = typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
  return isGenerator ? (result as AsyncGenerator).next() : result;
};

test('functions with options are found in every package', () => {
  expect(new Set(found.map(({ folder }) => folder)).size).toBe(12);
  expect(found.length).toBeGreaterThan(100);
});

describe.each([...new Set(found.map(({ module }) => module))])('%s', module => {
  const functions = found.filter(one => one.module === module);
  test.each(functions.map(one => [one.name, one] as const))(
    '%s names an unknown option',
    async (name, { index, file }) => {
      const exports = (await import(/* @vite-ignore */ file)) as Readonly<
        Record<string, (...args: unknown[]) => unknown>
      >;
      const args: unknown[] = Array.from({ length: index + 1 });
      args[index] = { notAnOption: 1 };
      const error = await call(exports[name]!, args).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toMatch(/unknown option 'notAnOption'.*the options are /);
    },
  );
});
