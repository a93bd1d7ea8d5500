// What must hold of a binary before it is packed, wherever it was compiled.

/** Node 20 asks for this version of glibc. */
const NEWEST_GLIBC = 28;

/** What the first bytes of a binary say: how it is laid out, and for which processor. */
const formats = {
  linux: {
    isFormat: (/** @type {Buffer} */ binary) => binary.readUInt32BE(0) === 0x7f454c46,
    machine: (/** @type {Buffer} */ binary) => binary.readUInt16LE(18),
    machines: { x64: 0x3e, arm64: 0xb7 },
  },
  darwin: {
    isFormat: (/** @type {Buffer} */ binary) => binary.readUInt32LE(0) === 0xfeedfacf,
    machine: (/** @type {Buffer} */ binary) => binary.readUInt32LE(4),
    machines: { arm64: 0x0100000c },
  },
  win32: {
    isFormat: (/** @type {Buffer} */ binary) => binary.toString('latin1', 0, 2) === 'MZ',
    machine: (/** @type {Buffer} */ binary) => binary.readUInt16LE(binary.readUInt32LE(0x3c) + 4),
    machines: { x64: 0x8664 },
  },
};

/** The libraries that a binary for Linux names, without their versions, of those that there may be. */
const LIBRARY = /\b(lib[\w+-]+|ld-[\w-]+)\.so[\w.]*/g;
const systemLibraries = new Set(['libc', 'libm', 'libpthread', 'ld-linux-x86-64', 'ld-linux-aarch64']);

/**
 * @param {Buffer} binary
 * @param {import('./platforms.mjs').Platform} platform
 * @param {string} digest Of the records that it must have been compiled with.
 * @throws {Error} Where it is for something else.
 */
export function checkBinary(binary, { name, platform, arch }, digest) {
  const { isFormat, machine, machines } = formats[/** @type {keyof typeof formats} */ (platform)];
  const wanted = /** @type {Record<string, number>} */ (machines)[arch];
  if (!isFormat(binary) || machine(binary) !== wanted)
    throw new Error(`kernels-native: the binary of ${name} is for another platform`);
  const text = binary.toString('latin1');
  for (const part of [digest, 'napi_register_module_v1'])
    if (!text.includes(part)) throw new Error(`kernels-native: the binary of ${name} has no ${part}`);
}

/**
 * @param {Buffer} binary
 * @param {import('./platforms.mjs').Platform} platform
 * @throws {Error} Where it needs what a user may not have.
 */
export function checkLibraries(binary, { name, platform }) {
  if (platform !== 'linux') return;
  const text = binary.toString('latin1');
  const libraries = [...text.matchAll(LIBRARY)].map(([, library = '']) => library);
  const unknown = libraries.filter(library => !systemLibraries.has(library));
  if (unknown.length > 0)
    throw new Error(`kernels-native: the binary of ${name} needs ${[...new Set(unknown)].join(', ')}`);
  const versions = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  const newest = Math.max(0, ...versions);
  if (newest > NEWEST_GLIBC)
    throw new Error(`kernels-native: the binary of ${name} needs glibc 2.${newest}, later than 2.${NEWEST_GLIBC}`);
}
