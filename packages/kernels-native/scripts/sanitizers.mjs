// What `npm run fuzz -- --sanitize` and the package's own tests need of the compiler's sanitizers: a binary that is
// made with them, and the settings with which Node has to be started to load it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/**
 * Makes build/sanitized/kernels.node where it is not up to date.
 *
 * @returns {{ env: Record<string, string> } | { problem: string }}
 * @throws {Error} Where the compiler has sanitizers and fails.
 */
export function prepareSanitizers() {
  if (process.platform !== 'linux')
    return { problem: `there are sanitizers for Linux only, not for ${process.platform}` };
  const compiler = process.env['CC'] || 'cc';
  // Where there is no such library the compiler prints the name alone, and where there is no compiler nothing.
  const { stdout } = spawnSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' });
  const library = stdout?.trim() ?? '';
  if (!isAbsolute(library) || !existsSync(library)) return { problem: `${compiler} has no address sanitizer` };
  const script = join(import.meta.dirname, 'build-native.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--sanitize'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`kernels-native: ${stderr}`);
  // What V8 itself leaves behind at the end of the process is no concern of the kernels.
  return { env: { LD_PRELOAD: library, ASAN_OPTIONS: 'detect_leaks=0' } };
}
