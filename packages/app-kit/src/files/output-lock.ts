/**
 * @file A lock on an output: a file beside it that names the process that writes it. It does not outlive that process:
 *   the lock of a dead process is taken over.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isProcessAlive, systemErrorReason, temporaryPath } from '@neural-fields/core/node';
import { InputError } from '../errors.ts';

/** A held lock. */
export interface OutputLock {
  release(): void;
}

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  /** Distinguishes the process from a later one with the same pid; empty if the system does not tell. */
  readonly started: string;
  /** The machine and its pid namespace: containers have their own. */
  readonly place: string;
}

/**
 * Milliseconds between heartbeats, by which other machines see that the holder is alive; and without a heartbeat until
 * they consider it dead.
 */
const SIGN_EVERY = 10_000;
const DEAD_AFTER = 60_000;
/** Attempts at taking a lock that other processes take over at the same time. */
const TRIES = 20;

const tryTo = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** The start time of a process, in the system's own units (proc(5), field 22). */
const startOf = (pid: number): string =>
  tryTo(() => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]) ?? '';

const here = (): string => `${hostname()} ${tryTo(() => readlinkSync('/proc/self/ns/pid')) ?? ''}`.trim();

const parseHolder = (text: string): Holder | undefined => {
  const value = tryTo(() => JSON.parse(text) as Partial<Holder> | null);
  if (typeof value?.pid !== 'number' || typeof value.started !== 'string' || typeof value.place !== 'string')
    return undefined;
  return { pid: value.pid, started: value.started, place: value.place };
};

const isDead = (holder: Holder | undefined, lock: string): boolean => {
  if (holder?.place === here()) return !isProcessAlive(holder.pid) || startOf(holder.pid) !== holder.started;
  // The holder is on another machine, or the lock is not yet completely written.
  const touched = tryTo(() => statSync(lock).mtimeMs) ?? 0;
  return Date.now() - touched > DEAD_AFTER;
};

/**
 * Creates a lock, completely or not at all; `false` if there is one already.
 *
 * @throws the system's error, e.g. when the disk is full
 */
const make = (lock: string, text: string): boolean => {
  let file: number;
  try {
    file = openSync(lock, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(file, text);
  } catch (error) {
    tryTo(() => unlinkSync(lock));
    throw error;
  } finally {
    closeSync(file);
  }
  return true;
};

/**
 * Removes a dead lock, such that only one of several processes that found it dead does so. In between, it has the name
 * of a temporary file for the target: if this process is killed, the next run removes that file.
 */
const takeAway = (lock: string, { target, text }: { readonly target: string; readonly text: string }): void => {
  const away = temporaryPath(target);
  if (tryTo(() => renameSync(lock, away) ?? true) === undefined) return; // another process was faster
  const taken = tryTo(() => readFileSync(away, 'utf8'));
  // If another process took the lock over between the check and the rename, it gets its lock back.
  if (taken !== undefined && taken !== text) tryTo(() => make(lock, taken));
  tryTo(() => unlinkSync(away));
};

/** The path of the lock of a file. */
export const lockPath = (target: string): string =>
  join(
    dirname(target),
    `.neural-fields-${createHash('sha256').update(basename(target)).digest('hex').slice(0, 12)}.lock`,
  );

/**
 * Locks a file, which need not exist yet.
 *
 * @param target the file's path, with links followed
 * @throws InputError when a living process holds it, or the lock cannot be written
 */
export const lockOutput = (target: string): OutputLock => {
  const lock = lockPath(target);
  const text = JSON.stringify({ pid: process.pid, started: startOf(process.pid), place: here() } satisfies Holder);
  const take = (): boolean => {
    try {
      return make(lock, text);
    } catch (cause) {
      const problem = `its lock cannot be written beside it: ${systemErrorReason(cause)}`;
      throw new InputError({ what: `cannot write '${target}'`, problem }, { cause });
    }
  };
  for (let left = TRIES; !take(); left--) {
    const found = tryTo(() => readFileSync(lock, 'utf8'));
    if (found === undefined) continue; // released meanwhile
    const holder = parseHolder(found);
    if (!isDead(holder, lock) || left <= 0) {
      const who =
        holder === undefined
          ? 'another run'
          : `another run (process ${holder.pid}${holder.place === here() ? '' : ` on ${holder.place.split(' ')[0]}`})`;
      throw new InputError({
        what: `cannot write '${target}'`,
        problem: `${who} is writing it`,
        hint: 'wait for it, stop it, or name another file',
      });
    }
    takeAway(lock, { target, text: found });
  }
  const timer = setInterval(() => tryTo(() => utimesSync(lock, new Date(), new Date())), SIGN_EVERY);
  timer.unref();
  return {
    release: () => {
      clearInterval(timer);
      if (tryTo(() => readFileSync(lock, 'utf8')) === text) tryTo(() => unlinkSync(lock));
    },
  };
};
