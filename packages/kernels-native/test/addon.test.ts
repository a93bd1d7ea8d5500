/** @file The addon by itself: what it refuses, and what becomes of a binary that is missing or unfit. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { records } from '@neural-fields/kernels-wasm/machine';
import { afterAll, describe, expect, it } from 'vitest';
import type { Addon, MachineHandle } from '../src/addon/addon.ts';
import { loadAddon as loadInBrowser } from '../src/addon/load.browser.ts';
import { type FoundBinary, findBinaries, loadAddon, loadBinary } from '../src/addon/load.node.ts';
import { withNative } from './native-backend.ts';

it('is a sentence where there is no binary', () => {
  expect(loadAddon([])).toEqual({
    problem: expect.stringMatching(/^there is no binary for \w+ on \w+; .*npm run build:native/),
  });
  expect(loadInBrowser()).toEqual({ problem: 'native kernels are for Node' });
});

describe('packages of the platform', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-native-'));
  const own = join(folder, 'own');
  const from = pathToFileURL(join(own, 'dist/addon/load.node.js'));
  const names = ['plain', 'musl', 'missing', 'nameless'];
  const versions = { plain: '1.0.0', musl: '1.2.3', nameless: undefined };
  mkdirSync(own);
  writeFileSync(join(own, 'package.json'), '{ "version": "1.2.3" }');
  for (const [name, version] of Object.entries(versions)) {
    const home = join(own, 'node_modules', name);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'kernels.node'), 'not a binary');
    if (version !== undefined) writeFileSync(join(home, 'package.json'), JSON.stringify({ name, version }));
  }
  afterAll(() => rmSync(folder, { recursive: true }));
  const pathOf = (name: string): string => join(realpathSync(own), 'node_modules', name, 'kernels.node');

  it('are found with the reason not to load them, before what a clone has built', () => {
    const found: readonly FoundBinary[] = findBinaries(from, names);
    expect(found).toEqual([
      { path: pathOf('plain'), problem: 'plain has version 1.0.0, but this package needs 1.2.3' },
      { path: pathOf('musl') },
      { path: pathOf('nameless'), problem: expect.stringMatching(/^the version of nameless cannot be read: /) },
    ]);
    const built = join(own, 'build/kernels.node');
    mkdirSync(join(own, 'build'));
    writeFileSync(built, '');
    expect(findBinaries(from, names)).toEqual([...found, { path: built }]);
  });

  it('that are of another version or no binaries are a sentence, that of the first', () => {
    const found = findBinaries(from, names);
    expect(loadAddon(found)).toEqual({ problem: 'plain has version 1.0.0, but this package needs 1.2.3' });
    expect(loadAddon(found.slice(1))).toEqual({
      problem: expect.stringMatching(/kernels\.node cannot be loaded: .+$/),
    });
  });

  it('that cannot be loaded give way to one that can', context => {
    const loaded = loadAddon();
    if ('problem' in loaded) return context.skip(loaded.problem);
    expect(loadAddon([...findBinaries(from, names), ...findBinaries()])).toEqual(loaded);
  });
});

withNative(() => {
  const { addon } = loadAddon() as { readonly addon: Addon };
  const memory = new Uint8Array(new SharedArrayBuffer(4096));
  const machine = addon.createMachine(memory, 2, addon.instructionSets()[0] as string);

  it('is a sentence where the binary is of another version', () => {
    const [{ path } = { path: '' }] = findBinaries();
    expect(loadBinary({ path }, 'other records')).toEqual({
      problem: `${path} belongs to another version of this package`,
    });
  });

  it('refuses what is no memory, no number of threads and no instruction set', () => {
    for (const [bytes, threads, set] of [
      [new Float32Array(4), 1, 'SSE2'],
      [undefined, 1, 'SSE2'],
      [memory, 0, 'SSE2'],
      [memory, 65, 'SSE2'],
      [memory, '1', 'SSE2'],
      [memory, 1, 'MMX'],
      [memory, 1, 'x'.repeat(1000)],
      [memory, 1, undefined],
    ])
      expect(() => addon.createMachine(bytes as Uint8Array, threads as number, set as string)).toThrow(TypeError);
  });

  it('refuses memory that can be taken away, and memory that is another or has become shorter', () => {
    const set = addon.instructionSets()[0] as string;
    expect(() => addon.createMachine(new Uint8Array(4096), 1, set)).toThrow(TypeError);
    const growing = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const early = new Uint8Array(growing.buffer);
    const one = addon.createMachine(early, 1, set);
    expect(() => addon.clear(one, 65_536, 8)).toThrow(RangeError);
    growing.grow(1);
    expect(() => addon.clear(one, 65_536, 8)).toThrow(RangeError);
    addon.grow(one, new Uint8Array(growing.buffer));
    addon.clear(one, 65_536, 8);
    for (const bytes of [early, memory, new Uint8Array(growing.buffer, 8), new Uint8Array(131_072), undefined])
      expect(() => addon.grow(one, bytes as Uint8Array)).toThrow(TypeError);
  });

  it('refuses what is no machine, and what are no counts and addresses', () => {
    for (const handle of [undefined, 7, {}, memory, 'machine'] as object[] as MachineHandle[])
      expect(() => addon.clear(handle, 0, 8)).toThrow(TypeError);
    for (const wrong of ['all', Number.NaN, -1, 0.5, 2 ** 32, Number.POSITIVE_INFINITY, undefined, null, {}])
      expect(() => addon.clear(machine, 0, wrong as number)).toThrow(TypeError);
    expect(() => (addon.clear as (...all: unknown[]) => void)(machine, 0)).toThrow(TypeError);
    expect(() => (addon.clear as (...all: unknown[]) => void)(machine, 0, 8, 8)).toThrow(TypeError);
  });

  it('refuses addresses and records that lead outside of the memory, and kinds that there are not', () => {
    const { length } = memory;
    const huge = 2 ** 32 - 4;
    memory.fill(0);
    expect(() => addon.clear(machine, length - 8, 9)).toThrow('clear: the range must lie inside the memory');
    expect(() => addon.clear(machine, huge, huge)).toThrow(RangeError);
    expect(() => addon.addThreads(machine, length - 64, 64, 2)).toThrow(RangeError);
    expect(() => addon.addThreads(machine, 0, 60, 1)).toThrow('must be a multiple of 64');
    expect(() => addon.packParameters(machine, length - 8, 1, 0)).toThrow('packParameters: the list');
    expect(() => addon.packParameters(machine, 0, huge, 0)).toThrow(RangeError);
    expect(() => addon.packMatrix(machine, length - 8, 2, 2, 0, 0)).toThrow('packMatrix: a matrix');
    expect(() => addon.packMatrix(machine, 0, 2, 2, 1, length - 8)).toThrow('packMatrix: a matrix');
    expect(() => addon.packMatrix(machine, 0, 2 ** 20, 2 ** 20, 0, 0)).toThrow('packMatrix: the shape of a matrix');
    expect(() => addon.collectGradients(machine, length, 1, 0, 0)).toThrow('collectGradients: the list');
    for (const kind of [...Array(9).keys()].filter(kind => kind !== 6))
      for (const job of [0, length, huge]) expect(() => addon.run(machine, kind, job, 2)).toThrow(RangeError);
    expect(() => addon.run(machine, 9, 0, 1)).toThrow('run: the kind of the job');
    expect(() => addon.joinFields(machine, 0, 2)).toThrow(RangeError);
    expect(() => addon.collectFields(machine, length - 4, 2)).toThrow(RangeError);
    expect(() => addon.gridKeptBytes(machine, 40, 2, 1)).toThrow('gridKeptBytes: the number of axes');
    expect(() => addon.gridScratchBytes(machine, 2, huge)).toThrow(RangeError);
    expect(() => addon.weightBytes(machine, 2 ** 20, 2 ** 20)).toThrow(RangeError);
    // A product of two rows whose second one is behind the memory, and the same within it.
    const words = new Int32Array(memory.buffer);
    const { fields } = records.ProductJob;
    const job = {
      a: 512,
      strideA: length / 4,
      rows: 2,
      k: 1,
      panels: 1024,
      panelCount: 1,
      c: 2048,
      strideC: 64,
      tileRows: 4,
    };
    for (const [name, value] of Object.entries(job)) words[fields[name as keyof typeof job].offset / 4] = value;
    expect(() => addon.run(machine, 6, 0, 2)).toThrow('run: a matrix must lie inside the memory');
    words[fields.strideA.offset / 4] = 1;
    addon.run(machine, 6, 0, 2);
  });

  it('works in the memory that it was given', () => {
    memory.fill(1);
    addon.clear(machine, 16, 8);
    expect([...memory.subarray(14, 26)]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    new Float32Array(memory.buffer, 0, 64).fill(3);
    addon.addThreads(machine, 0, 64, 3);
    expect([...new Float32Array(memory.buffer, 0, 17)]).toEqual([...new Array<number>(16).fill(9), 3]);
  });

  it('ends its threads, and starts new ones with the next job', () => {
    addon.dispose(machine);
    addon.dispose(machine);
    // A product of no rows.
    memory.fill(0);
    addon.run(machine, 6, 0, 2);
    addon.dispose(machine);
  });
});
