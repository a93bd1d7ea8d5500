// Makes the packages with the binaries, one for each platform, as tarballs:
//
//     node scripts/platform-packages.mjs <folder>          for all platforms, with Zig
//     node scripts/platform-packages.mjs <folder> --local  for this one, of what `npm run build:native` made
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkBinary, checkLibraries } from './check-binary.mjs';
import { compileAddon, home, records } from './compile.mjs';
import { packageNameOf, platforms } from './platforms.mjs';
import { recordsDigest } from './records-header.mjs';
import { installZig } from './zig.mjs';

/** @typedef {import('./platforms.mjs').Platform} Platform */

const { version, license, author, engines, publishConfig } = JSON.parse(
  readFileSync(join(home, 'package.json'), 'utf8'),
);

/** @param {Platform} platform */
const manifestOf = platform => ({
  name: packageNameOf(platform),
  version,
  description: `The binary of @neural-fields/kernels-native for ${platform.name}.`,
  license,
  author,
  os: [platform.platform],
  cpu: [platform.arch],
  ...(platform.libc ? { libc: [platform.libc] } : {}),
  engines,
  main: 'kernels.node',
  files: ['kernels.node'],
  publishConfig,
});

/**
 * @param {Platform} platform
 * @param {string} binary
 * @param {string} destination Where the tarball goes.
 */
function pack(platform, binary, destination) {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-native-package-'));
  try {
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifestOf(platform), undefined, 2)}\n`);
    const name = packageNameOf(platform);
    writeFileSync(
      join(folder, 'README.md'),
      `# ${name}\n\nThe binary of [@neural-fields/kernels-native](https://www.npmjs.com/package/@neural-fields/kernels-native)\nfor ${platform.name}. That package asks for it; there is no need to install it directly.\n`,
    );
    copyFileSync(join(home, 'LICENSE'), join(folder, 'LICENSE'));
    copyFileSync(binary, join(folder, 'kernels.node'));
    const { status, stdout, stderr } = spawnSync('npm', ['pack', '--pack-destination', destination, '--silent'], {
      cwd: folder,
      encoding: 'utf8',
      // On Windows npm is a batch file, which only a shell can run.
      shell: process.platform === 'win32',
    });
    if (status !== 0) throw new Error(`kernels-native: npm pack failed: ${stderr}`);
    console.log(stdout.trim());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [destination, mode] = process.argv.slice(2);
if (destination === undefined || (mode !== undefined && mode !== '--local')) {
  console.error('usage: node scripts/platform-packages.mjs <folder> [--local]');
  process.exit(2);
}
mkdirSync(destination, { recursive: true });
const digest = await recordsDigest(readFileSync(records, 'utf8'));

if (mode === '--local') {
  // It needs the libraries of this machine, which for a package that is only tried here does not matter.
  const here = platforms.find(({ platform, arch }) => platform === process.platform && arch === process.arch);
  const binary = join(home, 'build/kernels.node');
  if (here === undefined || !existsSync(binary))
    throw new Error(
      `kernels-native: there is no binary for ${process.platform} on ${process.arch}; npm run build:native`,
    );
  checkBinary(readFileSync(binary), here, digest);
  pack(here, binary, resolve(destination));
} else {
  const compiler = installZig();
  const folder = join(home, '../../out/kernels-native');
  // One after the other: each compiles its parts at the same time.
  for (const platform of platforms) {
    const binary = join(folder, platform.name, 'kernels.node');
    await compileAddon({
      compiler: [...compiler, '-target', platform.target],
      platform: platform.platform,
      arch: platform.arch,
      target: binary,
      // Its Clang does without registers of 512 bits where they are not asked for.
      wide: ['-mevex512'],
      link: ['-s'],
    });
    const content = readFileSync(binary);
    checkBinary(content, platform, digest);
    checkLibraries(content, platform);
    pack(platform, binary, resolve(destination));
  }
}
