import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleChild } from './bundle.ts';
import {
  type Finding,
  type FindingKind,
  POSITION_BYTES,
  type Position,
  type Range,
  type Reply,
  type Request,
  unpackPosition,
} from './protocol.ts';

/** The interval at which the parent checks the child, in milliseconds. */
const LOOK = 20;

/** The time limit for loading the sources and making the seeds, in milliseconds. */
const PREPARATION = 120_000;

/** The heap limit of the child's JavaScript, in MiB. */
const HEAP = 1024;

const MIB = 2 ** 20;

/** The results of a range of cases. */
export interface RangeResult {
  readonly read: number;
  readonly refused: number;
  /** The number of all findings; `list` has only a few of similar ones. */
  readonly findings: number;
  readonly list: readonly Finding[];
  /** The most memory that a case took, in bytes. */
  readonly peak: number;
  /** The number of cases run; fewer than requested if the child had to be killed too often. */
  readonly tried: number;
}

/** Why a child ended: by itself, or killed by its parent. */
interface Death {
  readonly kind: FindingKind;
  readonly detail: string;
  readonly position: Position;
}

/** Runs cases in a child process, which is replaced whenever a reader ends it. */
export interface Supervisor {
  readonly readers: () => Promise<readonly string[]>;
  /** `onProgress` is called several times a second. */
  readonly run: (
    range: Range,
    options?: { readonly onProgress?: (tried: number, position: Position) => void; readonly deaths?: number },
  ) => Promise<RangeResult>;
  /** The input of one case. */
  readonly input: (reader: string, seed: number, index: number) => Promise<Uint8Array>;
  readonly dispose: () => Promise<void>;
}

interface Child {
  readonly process: ChildProcess;
  readonly readers: readonly string[];
}

const memoryOf = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
  } catch {
    // Without such a file, only the child's own measurement after each case is used.
    return 0;
  }
};

/** Supervises the readers of one module that exports `fuzzTargets`. */
export const createSupervisor = async (targets: URL): Promise<Supervisor> => {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-fuzz-'));
  const statusFile = join(folder, 'position');
  writeFileSync(statusFile, new Uint8Array(POSITION_BYTES));
  const status = openSync(statusFile, 'r');
  let child: Child | undefined;
  let script: string | undefined;

  const readPosition = (): Position => {
    const packed = new Float64Array(POSITION_BYTES / 8);
    readSync(status, packed, 0, POSITION_BYTES, 0);
    return unpackPosition(packed);
  };

  /** Sends a request and waits for its reply, or for the child's exit. */
  const converse = (
    { process: running }: Pick<Child, 'process'>,
    request: Request | undefined,
    options: { readonly onFinding?: (finding: Finding) => void; readonly onLook?: (position: Position) => void } = {},
  ): Promise<Reply | Death> =>
    new Promise((resolve, reject) => {
      let position = readPosition();
      let since = performance.now();
      let printed = '';
      let told = false;
      let sentence: Pick<Death, 'kind' | 'detail'> | undefined;
      const condemn = (kind: FindingKind, detail: string): void => {
        sentence ??= { kind, detail };
        running.kill('SIGKILL');
      };
      const timer = setInterval(() => {
        const now = readPosition();
        options.onLook?.(now);
        if (now.tick !== position.tick) since = performance.now();
        position = now;
        const waited = performance.now() - since;
        // The child checks readers that return; this kills one that does not. Machines may be busy, so the limit is
        // generous.
        if (now.timeLimit > 0 && waited > 2 * now.timeLimit + 500) {
          condemn('time', `did not return within ${Math.round(waited)} ms`);
        } else if (now.timeLimit === 0 && waited > PREPARATION) {
          condemn('time', `preparing the targets took more than ${PREPARATION} ms`);
        } else if (now.timeLimit > 0) {
          const taken = memoryOf(running.pid ?? 0) - now.memory;
          if (taken > 1.5 * now.memoryLimit + 64 * MIB)
            condemn('memory', `used ${Math.round(taken / MIB)} MiB when it was stopped`);
        }
      }, LOOK);
      const finish = (outcome: () => void): void => {
        clearInterval(timer);
        running.removeAllListeners();
        running.stdout?.removeAllListeners('data');
        running.stderr?.removeAllListeners('data');
        outcome();
      };
      const hear = (text: Buffer): void => {
        printed = (printed + text.toString()).slice(-4000);
        const { index } = readPosition();
        if (told || request?.kind !== 'run') return;
        told = true;
        // Only output of native code arrives here. It includes the lines before a crash, for which the exit code says
        // more.
        const { reader, seed } = request;
        options.onFinding?.({
          reader,
          seed,
          index,
          kind: 'printed',
          detail: `at about this case native code printed ${JSON.stringify(text.toString())}`,
        });
      };
      running.stdout?.on('data', hear);
      running.stderr?.on('data', hear);
      running.on('error', error => finish(() => reject(error)));
      running.on('close', (code, signal) =>
        finish(() => {
          const detail = `the process ended with ${signal ?? `exit code ${code}`}${printed === '' ? '' : `: ${printed}`}`;
          resolve({ ...(sentence ?? { kind: 'crash', detail }), position: readPosition() });
        }),
      );
      running.on('message', (reply: Reply) => {
        if (reply.kind === 'finding') options.onFinding?.(reply.finding);
        else finish(() => resolve(reply));
      });
      if (request) running.send(request);
    });

  const start = async (): Promise<Child> => {
    if (child) return child;
    script ??= await bundleChild(targets, { folder, statusFile });
    writeFileSync(statusFile, new Uint8Array(POSITION_BYTES), { flag: 'r+' });
    const running = fork(script, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: ['--expose-gc', '--enable-source-maps', `--max-old-space-size=${HEAP}`],
      env: { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    const reply = await converse({ process: running }, undefined);
    if (!('kind' in reply) || reply.kind !== 'ready')
      throw new Error(`fuzz: ${targets.pathname} cannot be loaded: ${explain(reply)}`);
    child = { process: running, readers: reply.readers };
    return child;
  };

  const explain = (reply: Reply | Death): string =>
    'detail' in reply ? reply.detail : 'message' in reply ? reply.message : reply.kind;

  const input = async (reader: string, seed: number, index: number): Promise<Uint8Array> => {
    const reply = await converse(await start(), { kind: 'input', reader, seed, index });
    if (!('input' in reply))
      throw new Error(`fuzz: the input of case ${index} cannot be reproduced: ${explain(reply)}`);
    return reply.input;
  };

  const run: Supervisor['run'] = async (range, { onProgress, deaths: allowed = 20 } = {}) => {
    const list: Finding[] = [];
    let total = { read: 0, refused: 0, findings: 0, peak: 0 };
    let from = range.from;
    let deaths = 0;
    const add = ({ read, refused, findings, peak }: Position): void => {
      total = {
        read: total.read + read,
        refused: total.refused + refused,
        findings: total.findings + findings,
        peak: Math.max(total.peak, peak),
      };
    };
    while (from < range.to && deaths < allowed) {
      const begin = from;
      const reply = await converse(
        await start(),
        { kind: 'run', ...range, from },
        {
          onFinding: finding => {
            if (finding.kind === 'printed' && !finding.input) total = { ...total, findings: total.findings + 1 };
            list.push(finding);
          },
          onLook: position =>
            onProgress?.(begin - range.from + position.read + position.refused + position.findings, position),
        },
      );
      if (reply.kind === 'failed') throw new Error(`fuzz: ${explain(reply)}`);
      if (!('position' in reply)) {
        add(readPosition());
        from = range.to;
        break;
      }
      child = undefined;
      const { position } = reply;
      if (position.index < 0 || position.timeLimit === 0)
        throw new Error(`fuzz: ${range.reader}: not at a case, ${explain(reply)}`);
      add(position);
      from = position.index + 1;
      deaths += 1;
      const found = { reader: range.reader, seed: range.seed, index: position.index };
      const alone =
        reply.kind === 'crash' || allowed === 0
          ? reply
          : await confirm({ ...range, from: position.index, to: from }, reply);
      if (!alone) {
        total = { ...total, read: total.read + 1 };
        continue;
      }
      total = { ...total, findings: total.findings + 1 };
      list.push({
        ...found,
        kind: alone.kind,
        detail: alone.detail,
        input: await input(range.reader, range.seed, position.index),
      });
    }
    return { ...total, list, tried: from - range.from };
  };

  /** Whether a case also ends its process when run alone, to exclude effects of a busy machine or low memory. */
  const confirm = async (range: Range, first: Death): Promise<Pick<Death, 'kind' | 'detail'> | undefined> => {
    const reply = await converse(await start(), { kind: 'run', ...range });
    if ('position' in reply) {
      child = undefined;
      return reply.kind === first.kind ? first : reply;
    }
    const again = readPosition();
    return again.findings > 0 ? first : undefined;
  };

  return {
    readers: async () => (await start()).readers,
    run,
    input,
    dispose: async () => {
      const running = child?.process;
      child = undefined;
      if (running && running.exitCode === null && running.signalCode === null) {
        await new Promise(resolve => {
          running.once('exit', resolve);
          running.disconnect();
          setTimeout(() => running.kill('SIGKILL'), 1000).unref();
        });
      }
      closeSync(status);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
