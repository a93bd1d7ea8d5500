import { expect, test } from 'vitest';
import { didYouMean } from '../src/options/nearest.ts';

const names = ['siren-image', 'siren-wave', 'siren-helmholtz', 'siren-helmholtz-inversion', 'all'];

test.each([
  ['siren-imagine', "; did you mean 'siren-image'?"],
  ['siren-wvae', "; did you mean 'siren-wave'?"],
  ['SIREN-WAVE', "; did you mean 'siren-wave'?"],
  ['wave', "; did you mean 'siren-wave'?"],
  ['inversion', "; did you mean 'siren-helmholtz-inversion'?"],
  ['al', "; did you mean 'all'?"],
  // Two have it.
  ['helm', ''],
  ['transformer', ''],
  ['', ''],
  ['x'.repeat(1_000_000), ''],
])('%.20s', (text, says) => expect(didYouMean(text, names)).toBe(says));
