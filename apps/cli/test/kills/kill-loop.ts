/**
 * @file Runs a command as a process, ends it at random moments in every way that happens, runs it again, and checks
 *   what is left each time: outputs whole or absent, exit codes as documented, nothing lost, nothing left over.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scenario } from './scenarios.ts';
import { contentsOf, isWhole, listFiles, stepsOf } from './whole.ts';

/** One way to end a process. */
export type Way = 'SIGKILL' | 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'stdout closed' | 'stdout and stderr closed';

/** The exit codes that are documented for each. */
const CODES: Readonly<Record<Way, readonly number[]>> = {
  SIGKILL: [],
  SIGTERM: [143],
  SIGINT: [130],
  SIGHUP: [129],
  'stdout closed': [141],
  'stdout and stderr closed': [141],
};

const MIX: readonly Way[] = [
  'SIGKILL',
  'SIGKILL',
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'stdout closed',
  'stdout and stderr closed',
];

/** What a loop came to. */
export interface KillReport {
  readonly scenario: string;
  /** Processes that were ended before they were done, by the way. */
  readonly kills: Readonly<Partial<Record<Way, number>>>;
  /** Runs that were done before their end came. */
  readonly outran: number;
  /** Kills after which a run went on from a checkpoint. */
  readonly resumed: number;
  /** What was not as it should be. */
  readonly faults: readonly string[];
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds until it printed something, and until it ended. */
  readonly first: number;
  readonly total: number;
}

/** How long an ended process may take to leave. */
const TIMEOUT_MS = 60_000;

const launch = (
  entry: string,
  args: readonly string[],
  cwd: string,
  end?: { readonly way: Way; readonly after: number },
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const begin = performance.now();
    let first = 0;
    const child = spawn(process.execPath, [entry, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_PATH: '', NODE_OPTIONS: '' },
    });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (data: string) => {
        first ||= performance.now() - begin;
        text[name] += data;
      });
    const strike = (): void => {
      if (end?.way.startsWith('SIG')) child.kill(end.way as NodeJS.Signals);
      else child.stdout.destroy();
      if (end?.way === 'stdout and stderr closed') child.stderr.destroy();
      deadline = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    };
    let deadline = end && setTimeout(strike, end.after);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      resolve({ code, signal, ...text, first, total: performance.now() - begin });
    });
  });

/** A uniform random number in [0, 1) for each call: mulberry32. */
const createUniform = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

const tail = (text: string): string => JSON.stringify(text.slice(-600));

/** What is wrong with how a process ended. */
const judgeEnd = (way: Way, { code, signal, stderr, total }: Ended, after: number): string[] => {
  const faults: string[] = [];
  // A signal that comes before the program listens ends it as the system does.
  const expected = signal === null ? code === 0 || CODES[way].includes(code ?? -1) : signal === way;
  if (total > after + TIMEOUT_MS) faults.push(`was still there ${TIMEOUT_MS / 1000} s later`);
  else if (!expected) faults.push(`ended with ${signal ?? `exit code ${code}`}, stderr ${tail(stderr)}`);
  if (/internal error|\n\s+at \S+.*:\d+/i.test(stderr)) faults.push(`printed an internal error: ${tail(stderr)}`);
  return faults;
};

/**
 * Ends a scenario's process until `count` of them were ended before they were done.
 *
 * @param entry the built program
 * @param options `seed`: another seed gives other moments; `chain`: the most kills before a run is let through to its
 *   end; `ways`: how to kill, each as often as it is listed
 */
export const killLoop = async (
  entry: string,
  { name, command, prepare, exact, resumes }: Scenario,
  {
    count,
    seed,
    chain = 8,
    ways = MIX,
    onProgress,
  }: {
    readonly count: number;
    readonly seed: number;
    readonly chain?: number;
    readonly ways?: readonly Way[];
    readonly onProgress?: (kills: number, faults: number) => void;
  },
): Promise<KillReport> => {
  const base = mkdtempSync(join(tmpdir(), 'neural-fields-kills-'));
  const uniform = createUniform(seed);
  const kills: Partial<Record<Way, number>> = {};
  const faults: string[] = [];
  let [done, outran, resumed, tries] = [0, 0, 0, 0];
  try {
    const template = join(base, 'template');
    mkdirSync(template);
    await prepare(template, async args => {
      const { code, stderr } = await launch(entry, args, template);
      if (code !== 0) throw new Error(`kill loop: ${name} cannot be prepared: ${stderr}`);
    });
    const unbroken = join(base, 'unbroken');
    cpSync(template, unbroken, { recursive: true });
    const reference = await launch(entry, command, unbroken);
    if (reference.code !== 0) throw new Error(`kill loop: ${name} fails unbroken: ${reference.stderr}`);
    const expected = listFiles(unbroken);

    /** What is wrong with the files in a folder; at the end all have to be there, and no others. */
    const judgeFiles = (folder: string, { finished }: { readonly finished: boolean }): string[] => {
      const found = listFiles(folder);
      const wrong: string[] = [];
      for (const file of found.filter(each => expected.includes(each))) {
        const path = join(folder, file);
        if (exact.test(file) && !contentsOf(path).equals(contentsOf(join(unbroken, file))))
          wrong.push(`${file} differs`);
        else if (!isWhole(path)) wrong.push(`${file} is not whole`);
        else if (finished && file.endsWith('.jsonl') && String(stepsOf(path)) !== String(stepsOf(join(unbroken, file))))
          wrong.push(`${file} has lost steps, or has some twice`);
      }
      if (!finished) return wrong;
      wrong.push(...found.filter(file => !expected.includes(file)).map(file => `${file} is left over`));
      wrong.push(...expected.filter(file => !found.includes(file)).map(file => `${file} is missing`));
      return wrong;
    };

    /** Whether a run was done though its end came: it had written everything, and nothing was left to resume from. */
    const isDone = (folder: string): boolean => {
      const found = listFiles(folder);
      return expected.every(file => found.includes(file)) && !found.some(file => file.endsWith('.checkpoint'));
    };

    while (done < count && tries < 3 * count + 10) {
      const folder = join(base, 'run');
      rmSync(folder, { recursive: true, force: true });
      cpSync(template, folder, { recursive: true });
      /** The step that the last run told of, or went on from: later ones may not fall behind it. */
      let reached = 0;
      let story = '';
      let whole = false;
      const note = (what: readonly string[]): void =>
        void faults.push(...what.map(each => `${name}: ${story}: ${each}`));
      const checkResumed = ({ stdout, stderr }: Ended): void => {
        const from = /"resumedFrom":(\d+)/.exec(stdout)?.[1];
        if (Number(from) > 0 || /goes on|resum/i.test(stderr)) resumed += 1;
        if (from !== undefined && Number(from) < reached) note([`went on from step ${from}, after step ${reached}`]);
        reached = Math.max(reached, Number(from ?? 0));
      };
      for (let left = 1 + Math.floor(uniform() * chain); left > 0 && done < count; left--) {
        tries += 1;
        const way = ways[Math.floor(uniform() * ways.length)] as Way;
        // Most of the time while it works, sometimes while it starts.
        const span = uniform() < 0.15 ? [0, reference.first] : [reference.first, reference.total * 1.03];
        const after = (span[0] as number) + uniform() * ((span[1] as number) - (span[0] as number));
        const ended = await launch(entry, command, folder, { way, after });
        const finished = ended.code === 0 || isDone(folder);
        story = `${story}${story === '' ? '' : ', then '}${way} after ${Math.round(after)} ms${finished ? ' (done before)' : ''}`;
        note(judgeEnd(way, ended, after));
        note(judgeFiles(folder, { finished: ended.code === 0 }));
        if (resumes) checkResumed(ended);
        if (finished) {
          outran += 1;
          whole = ended.code === 0;
          // Its checkpoint is gone, as it should be: the next run begins anew.
          reached = 0;
          break;
        }
        kills[way] = (kills[way] ?? 0) + 1;
        done += 1;
        const steps = [...ended.stdout.matchAll(/"step":(\d+)/g)].map(([, step]) => Number(step));
        // Where the field is there and only what is drawn of it is missing, nothing says any more from where to go on.
        if (listFiles(folder).some(file => exact.test(file))) reached = 0;
        // What was asked to stop writes down where it is.
        else if (resumes && ended.signal === null) reached = Math.max(reached, steps.at(-1) ?? 0);
        onProgress?.(done, faults.length);
      }
      // It has left all that there is to leave: one more run would show nothing new.
      if (whole) continue;
      const last = await launch(entry, command, folder);
      story = `${story}, then to the end`;
      if (last.code !== 0) note([`ended with ${last.signal ?? `exit code ${last.code}`}, stderr ${tail(last.stderr)}`]);
      else if (resumes) checkResumed(last);
      note(judgeFiles(folder, { finished: true }));
    }
    if (done < count) faults.push(`${name}: only ${done} of ${count} processes were ended before they were done`);
    return { scenario: name, kills, outran, resumed, faults };
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
};
