import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** Creates a folder that is removed after the tests of a file; the result makes paths in it. */
export const temporaryFolder = (): ((name: string) => string) => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signals-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return name => join(folder, name);
};
