/** @file Builds the kernels of AMX on emulated tile registers, where there is a C compiler and they are not current. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const setup = (): void => {
  const script = fileURLToPath(new URL('../scripts/build-native.mjs', import.meta.url));
  execFileSync(process.execPath, [script, '--emulate-tiles'], { stdio: 'inherit' });
};
