/** @file Pythons of this machine whose libraries can use its graphics card, so that nothing has to be installed. */
import { execFile } from 'node:child_process';

/** Milliseconds: importing PyTorch takes a while. */
const TIMEOUT_MS = 120_000;

/** Scripts whose last line of output is the version of a library; they fail where it finds no card. */
const scripts = {
  pytorch: 'import numpy, torch; assert torch.cuda.is_available(); print(torch.__version__)',
  'jax-cuda': 'import numpy, jax; jax.devices("cuda"); print(jax.__version__)',
} as const;

/** The environments of peers on CUDA. */
export type CardEnvironment = keyof typeof scripts;

/** The version of a library of `python3` on the PATH that finds a CUDA device; `undefined` where there is none. */
export const findOnCard = (name: CardEnvironment, signal: AbortSignal): Promise<string | undefined> =>
  new Promise(resolve => {
    execFile('python3', ['-c', scripts[name]], { timeout: TIMEOUT_MS, signal }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim().split('\n').at(-1)),
    );
  });
