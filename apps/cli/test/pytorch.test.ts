/**
 * State dicts of PyTorch in, and out again. The files are PyTorch's own:
 * packages/core/test/files/golden/make_torch_save_golden.py.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, UsageError } from '@neural-fields/app-kit';
import { type FieldData, parameterLayout, siren } from '@neural-fields/core';
import { decodeSafetensors, encodeFieldData } from '@neural-fields/core/files';
import { importPytorch } from '@neural-fields/core/pytorch';
import { emptyFolder, type Finished, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { loadField } from '../src/files/load-field.ts';
import type { PytorchOptions } from '../src/options/pytorch.ts';
import { run } from './cli.ts';

const golden = (name: string): URL => new URL(`../../../packages/core/test/files/golden/${name}`, import.meta.url);

/** Runs the program in a folder that has some of the files. */
const folderWith = (...names: string[]): ((...args: string[]) => Promise<Finished>) & { readonly cwd: string } => {
  const cwd = emptyFolder();
  for (const name of names) copyFileSync(golden(name), join(cwd, name));
  return Object.assign((...args: string[]) => run(args, { cwd }), { cwd });
};

const picture = ['--size', '12x8', '--bit-depth', '16', '--backend', 'cpu'];

test('a .pt is rendered with the activation and the omegas that are given, and what is assumed is named', async () => {
  const program = folderWith('finer.pt');
  const at = (name: string): string => join(program.cwd, name);
  const options = { activation: { kind: 'finer' }, omega0: 20, omegaHidden: 10 } as const;
  writeFileSync(at('field.safetensors'), encodeFieldData(importPytorch(readFileSync(at('finer.pt')), options)));
  const told = ['--activation', 'finer', '--omega0', '20', '--omega-hidden', '10'];
  copyFileSync(golden('checkpoint.pt'), at('checkpoint.pt'));
  const [plain, given, wanted, info, json, sequential] = await Promise.all([
    program('render', 'finer.pt', '-o', 'sine.png', ...picture),
    program('render', 'finer.pt', '-o', 'finer.png', ...told, ...picture),
    program('render', 'field.safetensors', '-o', 'wanted.png', ...picture),
    program('info', 'finer.pt', '--omega0', '20'),
    program('info', 'finer.pt', '--json', ...told),
    program('info', 'checkpoint.pt'),
  ]);
  expect([plain.code, given.code, wanted.code, info.code]).toEqual([0, 0, 0, 0]);
  expect(plain.stderr).toContain(
    'assumed: --activation sine, --omega0 30, --omega-hidden 30, as in vsitzmann/siren notebook: a state dict does not say\n',
  );
  expect(given.stderr).not.toContain('assumed');
  expect(readFileSync(at('finer.png'))).toEqual(readFileSync(at('wanted.png')));
  expect(readFileSync(at('sine.png')).equals(readFileSync(at('wanted.png')))).toBe(false);
  expect(info.stdout).toMatch(
    /^finer\.pt: a state dict of PyTorch \(vsitzmann\/siren notebook, behind 'network\.img\.'\), /,
  );
  expect(info.stdout).toMatch(/\nassumed {5}--activation sine, --omega-hidden 30, /);
  expect(info.stdout).toMatch(/\n0 +dense +2 -> 5 +sine omega 20 +15\n/);
  expect(sequential.stdout).toMatch(
    /behind 'model_state_dict\.'[\s\S]*\nassumed {5}nothing: [\s\S]*\n0 +dense +2 -> 6 +unknown +18\n/,
  );
  expect(jsonLines(json)[0]).toMatchObject({ kind: 'pytorch', prefix: 'network.img.', assumed: {}, parameters: 51 });
});

test('what cannot be read, or not be meant, is said in one line', async () => {
  const load = (name: string, options: PytorchOptions = {}): Promise<unknown> =>
    loadField(fileURLToPath(golden(name)), options).catch(error => error);
  const refusals: readonly (readonly [typeof InputError | typeof UsageError, RegExp, string, PytorchOptions?])[] = [
    [UsageError, /checkpoint\.pt': a state dict of PyTorch does not say .*; specify --activation/, 'checkpoint.pt'],
    [InputError, /module\.pt' is not a field: .*class 'torch\.nn\.modules\.container\.Sequential'/, 'module.pt'],
    [InputError, /legacy\.pt' is not a field: .*before PyTorch 1\.6/, 'legacy.pt'],
    [InputError, /global 'posix\.system', which is refused/, 'hostile.pt'],
    [InputError, /names \(there are none\)/, 'finer.pt', { prefix: 'audio' }],
    [UsageError, /--omega0: it is for .*, not for relu/, 'finer.pt', { omega0: 3, activation: { kind: 'relu' } }],
  ];
  for (const [kind, says, name, options] of refusals) {
    const error = await load(name, options);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(says);
  }
  expect(await load('checkpoint.pt', { activation: { kind: 'relu' } })).toMatchObject({ pytorch: { assumed: {} } });

  const program = folderWith('finer.pt');
  const render = (...args: string[]): Promise<Finished> =>
    program('render', 'finer.pt', '-o', 'x.png', ...picture, ...args);
  const runs: readonly (readonly [code: number, says: RegExp, finished: Promise<Finished>])[] = [
    [2, /It must be one of identity, relu/, render('--activation', 'sin')],
    [2, /gaussian: sigma must be positive, got -1/, render('--activation', 'gaussian:sigma=-1')],
    [0, /^$/, render('--activation', 'gaussian:sigma=0.5', '--quiet')],
    [
      1,
      /'finer\.pt' has no surface: wanted a field of 3 coordinates and 1 value, got one of 2 coordinates and 1 value/,
      program('mesh', 'finer.pt', '-o', 'x.ply', '--omega0', '3'),
    ],
  ];
  for (const [code, says, finished] of runs) {
    const { code: found, stderr } = await finished;
    expect(found).toBe(code);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(says);
  }
});

test('a field goes to PyTorch and comes back as it was', async () => {
  const program = folderWith();
  const at = (name: string): string => join(program.cwd, name);
  const spec = siren({ inFeatures: 2, outFeatures: 3, hiddenFeatures: 4, hiddenLayers: 1, omega0: 12 });
  const parameters: FieldData['parameters'] = new Map(
    parameterLayout(spec).entries.map(({ name, shape }) => [
      name,
      { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(7 * i) / 4) },
    ]),
  );
  writeFileSync(at('a.safetensors'), encodeFieldData({ spec, parameters }));
  const exported = await program('export', 'a.safetensors', '--to', 'pytorch', '-o', 'b.safetensors');
  expect(exported).toMatchObject({ code: 0, stderr: '' });
  expect(exported.stdout).toMatch(
    /^b\.safetensors: the names of single-bvp-net, .* bytes; the network must have sine omega 30, nothing on the last layer\n$/,
  );
  expect([...decodeSafetensors(readFileSync(at('b.safetensors'))).tensors.keys()]).toContain('net.net.2.0.weight');
  const [back, before, again, other, refused, pth] = await Promise.all([
    program('render', 'b.safetensors', '-o', 'b.png', '--size', '12x8', '--backend', 'cpu'),
    program('render', 'a.safetensors', '-o', 'a.png', '--size', '12x8', '--backend', 'cpu'),
    program('export', 'b.safetensors', '--to', 'pytorch', '--names', 'siren-pytorch', '-o', 'c.safetensors', '--json'),
    program('export', 'a.safetensors', '--to', 'pytorch', '-o', 'c.txt'),
    program('render', 'a.safetensors', '-o', 'c.png', '--omega0', '30'),
    program('export', 'a.safetensors', '--to', 'pytorch', '-o', 'd.pth'),
  ]);
  expect([back.code, before.code, again.code, other.code, refused.code, pth.code]).toEqual([0, 0, 0, 2, 2, 0]);
  expect(back.stderr).not.toContain('assumed');
  expect(readFileSync(at('b.png'))).toEqual(readFileSync(at('a.png')));
  expect(jsonLines(again)[0]).toMatchObject({
    event: 'done',
    names: 'siren-pytorch',
    activations: [{ omega: 30 }, { omega: 1 }, { kind: 'identity' }],
  });
  expect(other.stderr).toContain("--output: wanted a name that ends in .safetensors, .pth, .pt, got 'c.txt'");
  expect(refused.stderr).toContain(
    "--omega0: it is for state dicts of PyTorch, and 'a.safetensors' describes its network itself",
  );
});

test('a field goes to a .pth and comes back; other .pth files are not overwritten', async () => {
  const program = folderWith('finer.pt');
  const at = (name: string): string => join(program.cwd, name);
  const export_ = (...args: string[]): Promise<Finished> =>
    program('export', 'finer.pt', '--to', 'pytorch', '--activation', 'finer', ...args);
  copyFileSync(golden('checkpoint.pt'), at('mine.pth'));
  const [own, safe, refused] = await Promise.all([
    export_('-o', 'a.pth'),
    export_('-o', 'a.safetensors'),
    export_('-o', 'mine.pth'),
  ]);
  expect([own.code, safe.code, refused.code]).toEqual([0, 0, 1]);
  expect(refused.stderr).toContain('the file exists and is not a state dict of PyTorch that this program wrote');
  const [first, second] = ['a.pth', 'a.safetensors'].map(name => importPytorch(readFileSync(at(name))));
  expect(first).toEqual(second);
  const again = await export_('-o', 'a.pth');
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("overwrites 'a.pth'") });
});

test('a state dict keeps its names, without its prefix', async () => {
  const program = folderWith('finer.pt');
  const args = ['export', 'finer.pt', '--to', 'pytorch', '-o', 'a.safetensors'];
  const exported = await program(...args, '--activation', 'finer', '--json');
  expect(jsonLines(exported)[0]).toMatchObject({ event: 'done', names: 'siren' });
  expect([...decodeSafetensors(readFileSync(join(program.cwd, 'a.safetensors'))).tensors.keys()]).toEqual(
    expect.arrayContaining(['net.0.linear.weight', 'net.0.linear.bias']),
  );
});
