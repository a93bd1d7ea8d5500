/**
 * @file Optional: puts Mesa's lavapipe into out/lavapipe, a second Vulkan driver without a graphics card beside
 *   SwiftShader, for the tests of the WebGPU kernels. It has `shader-f16`, which SwiftShader has not. Debian 12's is
 *   too old for Dawn, so that of Debian 13 is unpacked beside the system, with the C library that it needs; nothing is
 *   installed. Needs apt-get and dpkg. `node tools/lavapipe.mjs`, then `out/lavapipe/node <script>`
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RELEASE = 'trixie';
const PACKAGES = ['mesa-vulkan-drivers', 'libvulkan1', 'libstdc++6'];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const folder = fileURLToPath(new URL('../out/lavapipe', import.meta.url));
const starter = join(folder, 'node');
const system = join(folder, 'root');
const work = join(folder, 'apt');
const sources = join(work, 'sources.list');
const status = join(work, 'status');
const lists = join(work, 'lists');
const debs = join(work, 'debs');

/** @param {string} reason */
const fail = reason => new Error(`lavapipe: ${reason}, so it cannot be set up here`);

/** @param {string} command @param {readonly string[]} args */
const run = (command, args) => {
  const {
    status: code,
    stdout,
    stderr,
    error,
  } = spawnSync(command, args, { cwd: debs, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (error || code !== 0)
    throw fail(`'${command}' failed (${error?.message ?? `exit code ${code}: ${stderr.trim()}`})`);
  return stdout;
};

// A configuration of apt's own: neither the system's packages nor its sources have a part in it.
const settings = Object.entries({
  'Dir::Etc::SourceList': sources,
  'Dir::Etc::SourceParts': '/dev/null',
  'Dir::State::Lists': lists,
  'Dir::State::Status': status,
  'Dir::Cache': join(work, 'cache'),
  'Acquire::Languages': 'none',
  'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
  'APT::Sandbox::User': 'root',
  // A network that is not there is else a warning.
  'APT::Update::Error-Mode': 'any',
}).flatMap(([name, value]) => ['-o', `${name}=${value}`]);

const edges = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(name => `--no-${name}`);

/** @param {string} path */
const quoted = path => `'${path.replaceAll("'", "'\\''")}'`;

/** The libraries' folder, named after the machine, e.g. `x86_64-linux-gnu`. */
const findLibraries = () => {
  const parent = join(system, 'usr/lib');
  const name = readdirSync(parent).find(entry => existsSync(join(parent, entry, 'libvulkan_lvp.so')));
  if (name === undefined) throw fail(`${PACKAGES[0]} of ${RELEASE} has no libvulkan_lvp.so`);
  return join(parent, name);
};

if (existsSync(starter)) {
  process.stdout.write(`lavapipe is in ${folder}\n`);
} else {
  if (process.platform !== 'linux') throw fail(`there must be Linux, got ${process.platform}`);
  if (!existsSync(KEYRING)) throw fail(`there must be Debian's keys in ${KEYRING}`);
  rmSync(folder, { recursive: true, force: true });
  for (const path of [join(lists, 'partial'), join(work, 'cache/archives/partial'), debs, system])
    mkdirSync(path, { recursive: true });
  writeFileSync(status, '');
  writeFileSync(sources, `deb [signed-by=${KEYRING}] http://deb.debian.org/debian ${RELEASE} main\n`);
  process.stdout.write(`asks Debian ${RELEASE} for ${PACKAGES.join(', ')} and what they need\n`);
  run('apt-get', [...settings, '-q', 'update']);
  const depends = run('apt-cache', [...settings, 'depends', '--recurse', ...edges, ...PACKAGES]);
  const names = [...new Set(depends.split('\n').filter(line => /^[a-z0-9]/.test(line)))];
  process.stdout.write(`downloads ${names.length} packages\n`);
  run('apt-get', [...settings, '-q', 'download', ...names]);
  const files = readdirSync(debs);
  for (const file of files) run('dpkg', ['-x', join(debs, file), system]);
  const libraries = findLibraries();
  const loader = readdirSync(libraries).find(name => /^ld-linux.*\.so/.test(name));
  if (loader === undefined) throw fail(`libc6 of ${RELEASE} has no loader`);
  const driver = join(folder, 'driver.json');
  const description = { api_version: '1.4.305', library_path: join(libraries, 'libvulkan_lvp.so') };
  writeFileSync(driver, `${JSON.stringify({ file_format_version: '1.0.0', ICD: description })}\n`);
  rmSync(work, { recursive: true });
  // The last of all, so that it is there only when everything is. In it process.execPath is the loader, which starts no
  // scripts.
  writeFileSync(
    starter,
    [
      '#!/bin/sh',
      `export VK_DRIVER_FILES=${quoted(driver)} VK_ICD_FILENAMES=${quoted(driver)}`,
      `exec ${quoted(join(libraries, loader))} --library-path ${quoted(libraries)} ${quoted(process.execPath)} "$@"`,
      '',
    ].join('\n'),
  );
  chmodSync(starter, 0o755);
  const version = files.find(name => name.startsWith(`${PACKAGES[0]}_`))?.split('_')[1];
  process.stdout.write(`lavapipe of Mesa ${version} is in ${folder}; ${starter} runs scripts on it\n`);
}
