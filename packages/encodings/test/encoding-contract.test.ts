import { nativeProblem } from '@neural-fields/kernels-native';
import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { expect, it } from 'vitest';
import { costCases } from '../bench/cost-cases.mjs';
import * as own from '../src/index.ts';
import { encodingContract, encodingsWithoutCase } from './encoding-contract.ts';

for (const backend of ['cpu', 'wasm', 'simd']) encodingContract(backend);

if (nativeProblem === undefined) encodingContract('native');
else it('encodings on native', context => context.skip(nativeProblem));

it('every exported encoding has a case in the contract', () => expect(encodingsWithoutCase()).toEqual([]));

it('every exported encoding has its cost measured', () => {
  const measured = new Set(Object.values(costCases(own)).map(({ kind }) => kind));
  expect(own.encodings.map(({ kind }) => kind).filter(kind => !measured.has(kind))).toEqual([]);
});
