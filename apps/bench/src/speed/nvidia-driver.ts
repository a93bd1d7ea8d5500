import { execFile } from 'node:child_process';

/** Looks for the driver of CUDA's devices before PyTorch is installed. @throws Error when there is none */
export const assertNvidiaDriver = (): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile('nvidia-smi', ['--list-gpus'], { timeout: 30_000 }, (error, stdout) => {
      if (error === null && stdout.includes('GPU')) resolve();
      else reject(new Error('no CUDA device: nvidia-smi, which comes with its driver, lists none'));
    });
  });

/** The cards, as `NVIDIA H200, driver 580.82.07, 143771 MiB`; `undefined` where their driver is not there. */
export const describeCards = (): Promise<string | undefined> =>
  new Promise(resolve => {
    const args = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
    execFile('nvidia-smi', args, { timeout: 30_000 }, (error, stdout) => {
      const cards = stdout
        .trim()
        .split('\n')
        .map(line => line.replace(', ', ', driver '));
      resolve(error || stdout.trim() === '' ? undefined : cards.join('; '));
    });
  });
