/**
 * @file The built kernels on Mesa's lavapipe: a second driver in addition to SwiftShader, and one with `shader-f16`.
 *   Its Node runs only scripts, no tests.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, type TestContext } from 'vitest';

const node = fileURLToPath(new URL('../../../out/lavapipe/node', import.meta.url));
const bench = fileURLToPath(new URL('../bench', import.meta.url));

/** The output of a script; fails unless it exits with code 0. */
const onLavapipe = async (context: TestContext, script: string, ...args: (string | number)[]): Promise<string> => {
  if (!existsSync(node)) context.skip('node tools/lavapipe.mjs has not been run');
  const { stdout } = await promisify(execFile)(node, [`${bench}/${script}`, ...args.map(String)]);
  expect(stdout).toContain('llvmpipe');
  return stdout;
};

/** The number after each match. */
const numbersAfter = (text: string, label: RegExp): number[] =>
  [...text.matchAll(new RegExp(`${label.source}\\s+(\\S+)`, 'g'))].map(match => Number(match.at(-1)));

it('the products with workgroup memory agree with the cpu backend', async context => {
  const output = await onLavapipe(context, 'parity.mjs', 'tiled', 'sine', 'softplus', 'finer', 'residual');
  expect(output.match(/^tiled /gm)).toHaveLength(4);
  expect(output).toContain('all within 0.0001');
});

it('networks of all kinds of operations agree with it', async context => {
  const output = await onLavapipe(context, 'parity.mjs', 'direct', 'skip', 'filter', 'table');
  expect(output.match(/^direct /gm)).toHaveLength(3);
  expect(output).toContain('all within 0.0001');
});

it('many fields at once agree with it', async context => {
  const output = await onLavapipe(context, 'parity.mjs', 'fields', 'own weights', 'own biases');
  expect(output.match(/^(tiled|direct) (fields|own)/gm)).toHaveLength(6);
  expect(output).toContain('all within 0.0001');
});

it.for(['tiled', 'direct'])(
  'float16 between layers agrees with it to its precision, with %s products',
  async (style, context) => {
    const output = await onLavapipe(
      context,
      'parity.mjs',
      '--half-precision',
      style,
      'sine',
      'tanh',
      'gaussian',
      'skip',
      'fields',
      'own weights',
    );
    expect(output.match(new RegExp(`^${style} `, 'gm'))).toHaveLength(5);
    expect(output).toContain('all within 0.002');
    // The error is too large for float32, so float16 was really used.
    expect(numbersAfter(output, /sine/)[0]).toBeGreaterThan(1e-5);
  },
);

it('derivatives and fits of a SIREN in half precision agree with float32', async context => {
  const output = await onLavapipe(context, 'half-precision.mjs', 200, 40, 64, 2);
  const errors = numbersAfter(output, /norm/);
  expect(errors).toHaveLength(6);
  // 2^-11 is half a unit of float16; the layers and the derivatives amplify it only slightly.
  expect(Math.max(...errors)).toBeLessThan(2e-3);
  expect(Math.min(...errors)).toBeGreaterThan(1e-6);
  const [, half, single] = /buffers (\S+) MiB, in float32 (\S+) MiB/.exec(output) ?? [];
  expect(Number(half)).toBeLessThan(0.85 * Number(single));
  const curves = [...output.matchAll(/^ {2}float\d\d {2}(.*)$/gm)].map(([, losses]) =>
    (losses as string).split('  ').map(Number),
  );
  expect(curves).toHaveLength(4);
  for (const [float32, float16] of [curves.slice(0, 2), curves.slice(2)] as [number[], number[]][]) {
    expect(float32.at(-1)).toBeLessThan(0.5 * (float32[0] as number));
    for (const [index, loss] of float32.entries())
      expect(Math.abs((float16[index] as number) / loss - 1)).toBeLessThan(2e-3);
  }
});
