import { execFile } from 'node:child_process';

/** Looks for the driver of CUDA's devices, which is there before PyTorch is. @throws Error when there is none */
export const assertNvidiaDriver = (): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile('nvidia-smi', ['--list-gpus'], { timeout: 30_000 }, (error, stdout) => {
      if (error === null && stdout.includes('GPU')) resolve();
      else reject(new Error('no CUDA device: nvidia-smi, which comes with its driver, lists none'));
    });
  });
