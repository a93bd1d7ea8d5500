// Compiles assembly/ twice, without and with relaxed SIMD, into src/generated/binaries.ts, and writes the layout of its
// records to src/generated/records.ts. Does nothing if both are newer than the sources.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';
import { readRecords } from './read-records.mjs';

const home = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(home, 'src/generated/binaries.ts');
const recordsTarget = join(home, 'src/generated/records.ts');
const assembly = join(home, 'assembly');
const files = readdirSync(assembly, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => join(assembly, file))
  .sort();
const scripts = readdirSync(join(home, 'scripts')).map(file => join(home, 'scripts', file));
const sources = [...files, ...scripts];
const changed = Math.max(...sources.map(file => statSync(file).mtimeMs));

const common = ['--runtime', 'stub', '--noAssert', '--disableWarning', '112', '--use', 'abort=', '-O3', '--converge'];
const memory = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
const base = ['--enable', 'threads', '--enable', 'simd'];

/** @param {string} folder @param {string} name @param {readonly string[]} features */
async function compile(folder, name, features) {
  const file = join(folder, `${name}.wasm`);
  const flags = [...common, ...memory, ...base, ...features.flatMap(feature => ['--enable', feature])];
  const { error, stderr } = await main([
    'index.ts',
    '--baseDir',
    assembly,
    '--outFile',
    relative(assembly, file),
    ...flags,
  ]);
  if (error) throw new Error(`${stderr}`, { cause: error });
  return readFileSync(file).toString('base64');
}

const isCurrent = [target, recordsTarget].every(file => existsSync(file) && statSync(file).mtimeMs >= changed);
if (!isCurrent) {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-wasm-'));
  try {
    const text = `// Made from assembly/ by scripts/build-wasm.mjs.

/** Base64 of the WebAssembly module with the SIMD of WebAssembly 2.0. */
export const simdBinary: string =
  '${await compile(folder, 'simd', [])}';

/** The same with relaxed SIMD, which has a fused multiply-add. */
export const relaxedSimdBinary: string =
  '${await compile(folder, 'relaxed', ['relaxed-simd'])}';
`;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    writeFileSync(recordsTarget, await readRecords(assembly, files, folder, [...common, ...memory, ...base]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
