import { expect, test } from 'vitest';
import { didYouMean } from '../src/options/nearest.ts';

const names = ['siren-image', 'siren-helmholtz', 'siren-helmholtz-inversion'];

test.each([
  ['siren-imagine', "did you mean 'siren-image'?"],
  ['siren-h', "did you mean 'siren-helmholtz' or 'siren-helmholtz-inversion'?"],
  ['transformer', undefined],
])('%s', (text, says) => expect(didYouMean(text, names)).toBe(says));
