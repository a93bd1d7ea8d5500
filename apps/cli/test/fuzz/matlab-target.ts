/** @file The reader of MATLAB's files, for the fuzzer. */
import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import { MatlabError } from '../../src/reproduce/shared/matlab-elements.ts';
import { decodeMatlab } from '../../src/reproduce/shared/matlab-file.ts';
import { encodeMatlab } from '../reproduce/matlab.ts';

const source = { shape: [1, 2], real: [0.1, -0.3] } as const;
const receivers = { shape: [2, 2], real: [0.2, 0.4, -0.2, 0.4] } as const;
const rec_val = { shape: [2, 1], real: [1, 2], imaginary: [3, 4] } as const;
const other = { shape: [20, 30], real: Array.from({ length: 600 }, (_, i) => i) } as const;

/** The files of receivers, compressed and not, in either order of bytes. */
export const matlabTarget: FuzzTarget = {
  name: 'matlab',
  seeds: () =>
    [true, false].flatMap(compressed =>
      [true, false].map(little => encodeMatlab({ source, receivers, rec_val, other }, { compressed, little })),
    ),
  read: bytes => decodeMatlab(bytes, { variables: ['source', 'receivers', 'rec_val'] }),
  isTyped: error => error instanceof MatlabError,
};
