import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename } from 'node:path';
import { run } from './run.mjs';

/**
 * Serves packed packages as a registry does, so that the install line of a README works word for word before anything
 * is published. Only the scope of these packages is asked here; everything else comes from the user's registry.
 *
 * @param {readonly import('./pack.mjs').Packed[]} packed
 * @param {readonly string[]} others Tarballs of packages that are no projects.
 * @returns {Promise<{ npmrc: string, close: () => Promise<void> }>} `npmrc` is the line that sends npm and pnpm here.
 */
export async function serveRegistry(packed, others = []) {
  const tarballs = [...packed.map(({ tarball }) => tarball), ...others];
  const files = new Map(tarballs.map(tarball => [`/tarballs/${basename(tarball)}`, tarball]));
  const documents = new Map(tarballs.map(tarball => [`/${manifestOf(tarball).name}`, tarball]));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    const tarball = files.get(path);
    const found = documents.get(path);
    if (tarball !== undefined) response.end(readFileSync(tarball));
    else if (found === undefined) response.writeHead(404).end();
    else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(describe(found, address)));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
  return {
    npmrc: `@neural-fields:registry=${address}/\n`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** @param {string} tarball */
function manifestOf(tarball) {
  const { ok, printed, output } = run('tar', ['-xOzf', tarball, 'package/package.json']);
  if (!ok) throw new Error(`${tarball} has no manifest\n${output}`);
  return JSON.parse(printed);
}

/**
 * What a registry says of a package with one version.
 *
 * @param {string} tarball
 * @param {string} address
 */
function describe(tarball, address) {
  const manifest = manifestOf(tarball);
  const dist = {
    tarball: `${address}/tarballs/${basename(tarball)}`,
    integrity: `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`,
  };
  return {
    name: manifest.name,
    'dist-tags': { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
  };
}
