import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTemporaryFiles, temporaryPath, writeFileAtomically } from '../../src/node/atomic-file.ts';
import { FileError } from '../../src/node/file-error.ts';
import { writeChildScript } from './child-script.ts';

const catchFileError = async (promise: Promise<unknown>): Promise<FileError> => {
  const error: unknown = await promise.then(
    () => undefined,
    reason => reason,
  );
  if (!(error instanceof FileError)) throw new Error(`a FileError was wanted, got ${String(error)}`);
  return error;
};

/** The id of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

describe('writeFileAtomically', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'neural-fields-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const leftovers = async (): Promise<string[]> => (await readdir(folder)).filter(name => name.endsWith('.tmp'));

  it('creates and replaces a file, and leaves no other files', async () => {
    const path = join(folder, 'a');
    await writeFileAtomically(path, Uint8Array.of(1, 2, 3));
    await writeFileAtomically(path, Uint8Array.of(4));
    expect([...(await readFile(path))]).toEqual([4]);
    await writeFileAtomically(path, new Uint8Array(0));
    expect((await stat(path)).size).toBe(0);
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('supports names of the maximum length', async () => {
    const path = join(folder, 'x'.repeat(255));
    await writeFileAtomically(path, Uint8Array.of(1));
    expect((await stat(path)).size).toBe(1);
  });

  it('follows a link and keeps the permissions', async () => {
    const target = join(folder, 'target');
    const link = join(folder, 'link');
    await writeFile(target, 'old');
    await chmod(target, 0o640);
    await symlink(target, link);
    await writeFileAtomically(link, Uint8Array.of(1));
    expect([...(await readFile(target))]).toEqual([1]);
    expect((await stat(target)).mode & 0o777).toBe(0o640);
    expect(existsSync(link)).toBe(true);
  });

  it('rejects a dangling link, and leaves the link', async () => {
    const link = join(folder, 'link');
    await symlink(join(folder, 'gone'), link);
    const error = await catchFileError(writeFileAtomically(link, Uint8Array.of(1)));
    expect(error.problem).toBe('not-found');
    expect(error.message).toBe(
      `cannot write '${link}': it is a link to '${join(folder, 'gone')}', which does not exist`,
    );
    expect(await readdir(folder)).toEqual(['link']);
  });

  it('keeps the file complete with concurrent writers', async () => {
    const path = join(folder, 'a');
    const size = 50_000;
    await Promise.all(Array.from({ length: 8 }, (_, i) => writeFileAtomically(path, new Uint8Array(size).fill(i))));
    const bytes = await readFile(path);
    expect(bytes.length).toBe(size);
    expect(new Set(bytes).size).toBe(1);
    expect(await leftovers()).toEqual([]);
  });

  it('removes the temporary files of dead processes for this path, and no others', async () => {
    const path = join(folder, 'a');
    const alive = temporaryPath(path);
    const old = temporaryPath(path);
    const dead = temporaryPath(path, deadPid());
    const otherPath = temporaryPath(join(folder, 'b'), deadPid());
    for (const file of [alive, old, dead, otherPath]) await writeFile(file, 'part');
    const twoHoursAgo = new Date(Date.now() - 7_200_000);
    await utimes(old, twoHoursAgo, twoHoursAgo);
    await writeFileAtomically(path, Uint8Array.of(1));
    expect((await leftovers()).map(name => join(folder, name)).sort()).toEqual([alive, otherPath].sort());
    await writeFile(join(folder, '.neural-fields-0-0-0-0-0.tmp'), 'of somebody else');
    await removeTemporaryFiles(folder);
    expect((await leftovers()).map(name => join(folder, name))).toEqual(
      [join(folder, '.neural-fields-0-0-0-0-0.tmp'), alive].sort(),
    );
    await removeTemporaryFiles(join(folder, 'none'));
  });

  it('names the path and the reason in errors', async () => {
    const nowhere = join(folder, 'none', 'a');
    const missing = await catchFileError(writeFileAtomically(nowhere, Uint8Array.of(1)));
    expect(missing.message).toBe(`cannot write '${nowhere}': there is no such file or folder (ENOENT)`);
    expect([missing.problem, missing.path]).toEqual(['not-found', nowhere]);

    await mkdir(join(folder, 'sub'));
    const directory = await catchFileError(writeFileAtomically(join(folder, 'sub'), Uint8Array.of(1)));
    expect(directory.message).toBe(`cannot write '${join(folder, 'sub')}': it is a folder`);
    expect(directory.problem).toBe('not-a-file');

    await writeFile(join(folder, 'file'), '');
    expect((await catchFileError(writeFileAtomically(join(folder, 'file', 'a'), Uint8Array.of(1)))).problem).toBe(
      'not-found',
    );
  });

  it.skipIf(!existsSync('/dev/null'))('does not replace a device (skipped where there is no /dev/null)', async () => {
    const error = await catchFileError(writeFileAtomically('/dev/null', Uint8Array.of(1)));
    expect(error.message).toBe("cannot write '/dev/null': it is not a regular file");
  });

  /** Runs a child that writes 1 MB to `path` and prints the error's problem and message. */
  const writeInChild = (
    path: string,
    wrap: (node: string, script: string) => { command: string; args: string[]; uid?: number },
  ): string => {
    const body = `
      const error = await writeFileAtomically(${JSON.stringify(path)}, new Uint8Array(1_000_000)).catch(error => error);
      console.log(error?.problem, error?.message);`;
    const { command, args, uid } = wrap(process.execPath, writeChildScript(folder, body));
    return execFileSync(command, args, { encoding: 'utf8', cwd: '/', ...(uid !== undefined && { uid }) }).trim();
  };

  it.skipIf(process.platform === 'win32')('reports a refused permission (skipped on Windows)', async () => {
    const locked = join(folder, 'locked');
    await mkdir(locked, { mode: 0o555 });
    await chmod(folder, 0o755);
    const path = join(locked, 'a');
    // Permissions do not bind root: as root the child is another user.
    const asUser = process.getuid?.() === 0 ? { uid: 65534 } : {};
    const printed = writeInChild(path, (node, script) => ({ command: node, args: [script], ...asUser }));
    expect(printed).toBe(`no-permission cannot write '${path}': permission is denied (EACCES)`);
  });

  it.skipIf(process.platform === 'win32')(
    'keeps the old file when the new one does not fit (skipped on Windows)',
    async () => {
      const path = join(folder, 'a');
      await writeFile(path, 'old');
      // The shell's limit on the size of a file stops the write in its middle.
      const printed = writeInChild(path, (node, script) => ({
        command: 'sh',
        args: ['-c', `ulimit -f 100; exec "${node}" "${script}"`],
      }));
      expect(printed).toBe(`no-space cannot write '${path}': the file would be larger than the system allows (EFBIG)`);
      expect(await readFile(path, 'utf8')).toBe('old');
      expect(await leftovers()).toEqual([]);
    },
  );

  const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
  it.skipIf(!canMount)('reports a full disk (skipped where a user may not mount one)', async () => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const path = join(disk, 'a');
    const printed = writeInChild(path, (node, script) => ({
      command: 'unshare',
      args: [
        '-rm',
        'sh',
        '-c',
        `mount -t tmpfs -o size=64k none "${disk}" && "${node}" "${script}" && ls -A "${disk}"`,
      ],
    }));
    expect(printed).toBe(`no-space cannot write '${path}': there is no space left on the disk (ENOSPC)`);
  });

  it('leaves a complete file whenever the writer is killed', { timeout: 120_000 }, async () => {
    const path = join(folder, 'a');
    const size = 2_000_000;
    const script = writeChildScript(
      folder,
      `for (let i = 0; ; i++) await writeFileAtomically(${JSON.stringify(path)}, new Uint8Array(${size}).fill(i));`,
    );
    const expectWhole = async (): Promise<void> => {
      const bytes = await readFile(path);
      expect(bytes.length).toBe(size);
      expect(bytes.every(byte => byte === bytes[0])).toBe(true);
    };
    let child: ChildProcess | undefined;
    let killedWithinWrite = 0;
    try {
      for (let round = 0; round < 10; round++) {
        child = spawn(process.execPath, [script], { stdio: 'ignore' });
        const ended = once(child, 'exit');
        await rm(path, { force: true });
        while (!existsSync(path)) {
          expect(child.exitCode).toBeNull();
          await sleep(2);
        }
        for (let i = 0; i < 3; i++) await expectWhole(); // while it is being written
        await sleep(round * 3);
        child.kill('SIGKILL');
        expect((await ended)[1]).toBe('SIGKILL');
        await expectWhole();
        // The next writer removes what this one left, so there is never more than one.
        const left = await leftovers();
        expect(left.length).toBeLessThanOrEqual(1);
        killedWithinWrite += left.length;
      }
    } finally {
      child?.kill('SIGKILL');
    }
    // The loop spends nearly all of its time between creating a temporary file and renaming it.
    expect(killedWithinWrite).toBeGreaterThan(0);
    await writeFileAtomically(path, Uint8Array.of(1));
    expect(await leftovers()).toEqual([]);
  });
});
