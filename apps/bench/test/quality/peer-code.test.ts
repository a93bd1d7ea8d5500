import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { denseArray } from '@neural-fields/signals';
import { expect, test } from 'vitest';
import { codeFilesOf, hashFiles, peerCode } from '../../src/quality/peer-code.ts';
import { createQualitySignal, hashSignal, type QualitySignal } from '../../src/quality/quality-signal.ts';
import { emptyFolder } from '../run-options.ts';

test('the files of a peer are its program, and the packages and kernels it runs', () => {
  const endings = (peer: 'native' | 'simd', ending: string): number =>
    codeFilesOf(peer).filter(file => file.endsWith(ending.replaceAll('/', sep))).length;
  for (const ending of ['bench/dist/peers/quality-peer.js', 'core/dist/index.js', 'kernels-wasm/dist/backend.js'])
    expect([ending, endings('native', ending), endings('simd', ending)]).toEqual([ending, 1, 1]);
  expect(endings('native', 'kernels-native/dist/backend.js')).toBe(1);
  expect(endings('simd', 'kernels-native/dist/backend.js')).toBe(0);
  expect(codeFilesOf('pytorch').map(file => basename(file))).toEqual(['quality_pytorch_peer.py', 'protocol.py']);
  expect(new Set([peerCode('native'), peerCode('simd'), peerCode('pytorch')]).size).toBe(3);
});

test('the hash of files depends on their names and contents alone', () => {
  const make = (texts: Readonly<Record<string, string>>): string => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'deep'), { recursive: true });
    const files = Object.entries(texts).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    return hashFiles(files, folder);
  };
  const known = make({ 'a.js': '1', 'deep/b.js': '23' });
  expect(make({ 'deep/b.js': '23', 'a.js': '1' })).toBe(known);
  const others = [
    make({ 'a.js': '2', 'deep/b.js': '23' }),
    make({ 'a.js': '12', 'deep/b.js': '3' }),
    make({ 'c.js': '1', 'deep/b.js': '23' }),
    make({ 'a.js': '1' }),
  ];
  expect(new Set([known, ...others]).size).toBe(5);
});

test('the hash of a signal depends on its samples and on the finer ones', () => {
  const signalWith = (last: number): QualitySignal =>
    createQualitySignal(denseArray(Float32Array.of(-1, 0, 0, 1, 0.5, 0.5, 0.5, last), [2, 4, 1]), {
      ...{ omega0: 30, filter: 'area' },
    });
  const [first, same, other] = [0.5, 0.5, 0.25].map(last => hashSignal(signalWith(last)));
  expect(same).toBe(first);
  expect(other).not.toBe(first);
});
