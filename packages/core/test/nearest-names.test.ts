import { expect, test } from 'vitest';
import { nearestNames } from '../src/options.ts';

const names = ['siren-image', 'siren-wave', 'siren-helmholtz', 'siren-helmholtz-inversion', 'all', 'learningRate'];

test.each([
  ['siren-imagine', ['siren-image']],
  ['siren-wvae', ['siren-wave']],
  ['SIREN-WAVE', ['siren-wave']],
  // Beginnings: all of them.
  ['siren-h', ['siren-helmholtz', 'siren-helmholtz-inversion']],
  // Parts and abbreviations: only where one name has them.
  ['wave', ['siren-wave']],
  ['inversion', ['siren-helmholtz-inversion']],
  ['helm', []],
  ['lr', ['learningRate']],
  ['al', ['all']],
  ['transformer', []],
  ['', []],
  ['x'.repeat(1_000_000), []],
])('%.20s', (text, found) => expect(nearestNames(text, names)).toEqual(found));
