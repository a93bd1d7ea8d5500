// `npm run platforms`: runs the scripts of docs/platforms.md in Node, Deno and Bun. See `usage` below.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { platforms, tryPlatforms } from './lib/platforms.mjs';

const usage = `usage: npm run platforms

Packs the packages, installs them in an empty folder by the install line of docs/platforms.md, runs its scripts in
${platforms.map(({ name }) => name).join(', ')}, which it gets from npm, and compares their output with their "prints:" comments.`;

try {
  parseArgs({ options: {} });
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-platforms-'));
  try {
    const { passed, failed } = await tryPlatforms(folder);
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} catch (error) {
  console.error(`platforms: ${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 2;
}
