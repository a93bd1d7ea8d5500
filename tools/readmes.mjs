// `npm run readmes`: does what each README says, as a user would. See `usage` below.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tryReadmes } from './lib/readmes.mjs';

const usage = `usage: npm run readmes -- [options]

  --readme <folder>   that README alone: packages/core, or . for the root's; may be given several times
  --manager <name>    npm or pnpm alone
  --keep              leave the folders behind, and say where they are

Packs the packages, installs them in empty folders by the install lines of the READMEs, with npm and with pnpm,
type-checks every example in strict TypeScript, runs it, and compares its output with its "prints:" comments.`;

try {
  const { values } = parseArgs({
    options: {
      readme: { type: 'string', multiple: true },
      manager: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-readmes-'));
  try {
    const { passed, failed } = await tryReadmes(folder, values);
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  } finally {
    if (values.keep) console.log(folder);
    else rmSync(folder, { recursive: true, force: true });
  }
} catch (error) {
  console.error(`readmes: ${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 2;
}
