import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFieldData, encodeFieldData, type FieldFile } from '@neural-fields/core/files';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { picture } from '@neural-fields/testing/small-files';
import { expect, test } from 'vitest';
import { run } from './cli.ts';

test('fit, export and info agree on a field of 8 bits, which renders; what float16 cannot represent is refused', async () => {
  const cwd = emptyFolder();
  const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(cwd, name)));
  writeFileSync(join(cwd, 'p.png'), picture(8, 6));
  const size = ['--hidden-features', '24', '--hidden-layers', '2', '--steps', '3'];
  const fit = (...options: readonly string[]) =>
    run(['fit', 'p.png', '--backend', 'cpu', ...size, '--json', ...options], { cwd });
  expect((await fit('-o', 'a.safetensors')).code).toBe(0);
  const direct = await fit('-o', 'b.safetensors', '--precision', 'int8');
  expect(direct.code).toBe(0);
  const stated = jsonLines(direct).find(({ event }) => event === 'precision');
  expect(stated).toMatchObject({ precision: 'int8', outputPsnr: expect.any(Number) as number });
  expect(stated?.['rmsChange']).toBeLessThan(stated?.['largestChange'] as number);

  const lower = ['export', 'a.safetensors', '--to', 'field', '--precision'];
  const exported = await run([...lower, 'int8', '-o', 'c.safetensors'], { cwd });
  expect(exported.stdout).toMatch(/^c\.safetensors: a field in int8, \d/m);
  const [whole, fitted, copied] = ['a', 'b', 'c'].map(name => decodeFieldData(bytes(`${name}.safetensors`))) as [
    FieldFile,
    FieldFile,
    FieldFile,
  ];
  expect(copied.parameters).toEqual(fitted.parameters);
  // The copy says what the original said about its fit.
  expect(copied.metadata).toEqual(whole.metadata);
  expect(JSON.parse(fitted.metadata['run'] as string)).toMatchObject({ settings: { precision: 'int8' } });
  expect(bytes('c.safetensors').length).toBeLessThan(bytes('a.safetensors').length);
  const info = await run(['info', 'c.safetensors'], { cwd });
  expect(info.stdout).toMatch(/^precision {3}int8, vectors and the weights of the coordinates float32$/m);
  expect((await run(['render', 'c.safetensors', '-o', 'c.png', '--backend', 'cpu'], { cwd })).code).toBe(0);

  expect((await run(['export', 'a.safetensors', '-o', 'w.pth', '--precision', 'int8'], { cwd })).stderr).toMatch(
    /--precision: it is for --to field/,
  );
  const { spec, parameters, metadata } = whole;
  const name = 'layers.1.weight';
  const { shape, data } = parameters.get(name) as { readonly shape: readonly number[]; readonly data: Float32Array };
  const large = new Map(parameters).set(name, { shape, data: data.with(3, 1e5) });
  writeFileSync(join(cwd, 'a.safetensors'), encodeFieldData({ spec, parameters: large }, { metadata }));
  expect((await run([...lower, 'float16', '-o', 'w.safetensors'], { cwd })).stderr).toMatch(
    /cannot store the field in float16: .*'layers\.1\.weight' must be below 65520 for float16, got 100000 at 3/,
  );
});
