// The platforms for which a release has binaries, each in a package of its own.

/**
 * @typedef {object} Platform
 * @property {string} name Ends the name of its package.
 * @property {string} platform As Node names it.
 * @property {string} arch
 * @property {'glibc' | 'musl'} [libc]
 * @property {string} target As Zig names it. The oldest systems are those that Node 20 asks for.
 */

/** @type {readonly Platform[]} */
export const platforms = [
  { name: 'linux-x64', platform: 'linux', arch: 'x64', libc: 'glibc', target: 'x86_64-linux-gnu.2.28' },
  { name: 'linux-arm64', platform: 'linux', arch: 'arm64', libc: 'glibc', target: 'aarch64-linux-gnu.2.28' },
  { name: 'linux-x64-musl', platform: 'linux', arch: 'x64', libc: 'musl', target: 'x86_64-linux-musl' },
  { name: 'linux-arm64-musl', platform: 'linux', arch: 'arm64', libc: 'musl', target: 'aarch64-linux-musl' },
  { name: 'darwin-arm64', platform: 'darwin', arch: 'arm64', target: 'aarch64-macos.11.0' },
  { name: 'win32-x64', platform: 'win32', arch: 'x64', target: 'x86_64-windows-gnu' },
];

/** @param {Platform} platform */
export const packageNameOf = ({ name }) => `@neural-fields/kernels-native-${name}`;

/**
 * What the packed kernels-native asks for beside its own dependencies: npm installs the one of its platform.
 *
 * @param {string} version
 * @returns {Record<string, string>}
 */
export const optionalDependencies = version =>
  Object.fromEntries(platforms.map(platform => [packageNameOf(platform), version]));
