/**
 * @file The process that passes mutated inputs to readers. Its parent monitors it, and kills it if a reader does not
 *   return.
 */
import { openSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { examine, type Strays, type Verdict } from './examine.ts';
import { type FuzzTarget, memoryLimit, timeLimit } from './fuzz-target.ts';
import { createMemoryMeter } from './memory-meter.ts';
import { mutate } from './mutate.ts';
import {
  type Finding,
  POSITION_BYTES,
  type Position,
  packPosition,
  type Range,
  type Reply,
  type Request,
} from './protocol.ts';

/** How often the child yields to the event loop, so that messages are sent; in milliseconds. */
const PAUSE = 20;

/** The number of similar findings that are sent; further ones are only counted. */
const ALIKE = 3;

const send = (reply: Reply): void => {
  process.send?.(reply);
};

/** Collects the reader's output, and unhandled errors. */
const collectStrays = (): Strays => {
  let printed = '';
  let unhandled: unknown[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (text: string | Uint8Array): boolean => {
      printed += typeof text === 'string' ? text : Buffer.from(text).toString();
      return true;
    };
  }
  process.on('uncaughtException', error => unhandled.push(error));
  process.on('unhandledRejection', error => unhandled.push(error));
  const takePrinted = (): string => {
    const text = printed;
    printed = '';
    return text;
  };
  const takeUnhandled = (): unknown[] => {
    const errors = unhandled;
    unhandled = [];
    return errors;
  };
  return { takePrinted, takeUnhandled };
};

/** Serves the parent: runs the requested cases until the parent exits. Positions are written to `statusFile`. */
export const serve = (targets: readonly FuzzTarget[], statusFile: string): void => {
  const status = openSync(statusFile, 'r+');
  const packed = new Float64Array(POSITION_BYTES / 8);
  const meter = createMemoryMeter();
  const strays = collectStrays();
  const seedsOf = new Map<string, readonly Uint8Array[]>();
  const seen = new Map<string, number>();
  let position: Position = {
    ...{ tick: 0, index: 0, memory: 0, memoryLimit: 0, timeLimit: 0 },
    ...{ read: 0, refused: 0, findings: 0, peak: 0 },
  };

  const mark = (change: Partial<Position>): void => {
    position = { ...position, ...change, tick: position.tick + 1 };
    packPosition(position, packed);
    writeSync(status, packed, 0, POSITION_BYTES, 0);
  };

  const findTarget = (name: string): FuzzTarget => {
    const target = targets.find(each => each.name === name);
    if (!target) throw new RangeError(`fuzz: there is no reader ${JSON.stringify(name)}`);
    return target;
  };

  const attempt = async (target: FuzzTarget, input: Uint8Array<ArrayBuffer>, index: number): Promise<Verdict> => {
    mark({
      index,
      memory: meter.begin(),
      memoryLimit: memoryLimit(target, input.length),
      timeLimit: timeLimit(target),
    });
    // The reader gets a copy, so that it cannot modify the input that is recorded.
    const verdict = await examine(target, input.slice(), { meter, strays });
    mark({ timeLimit: 0 });
    return verdict;
  };

  /** Memory and time are those of the whole process, so a case that exceeds them is repeated on a clean heap. */
  const judge = async (target: FuzzTarget, input: Uint8Array<ArrayBuffer>, index: number): Promise<Verdict> => {
    const verdict = await attempt(target, input, index);
    if (verdict.kind !== 'time' && verdict.kind !== 'memory') return verdict;
    await setImmediate();
    globalThis.gc?.();
    return attempt(target, input, index);
  };

  /** The seeds of a target, all of which its reader must accept: mutations should start from valid inputs. */
  const prepare = async (target: FuzzTarget): Promise<readonly Uint8Array[]> => {
    const known = seedsOf.get(target.name);
    if (known) return known;
    const seeds = await target.seeds();
    if (seeds.length === 0) throw new RangeError(`${target.name}: wanted at least one seed, got none`);
    for (const [i, seed] of seeds.entries()) {
      strays.takePrinted();
      // The first run also loads and compiles the reader's dependencies, so its memory and time are not checked.
      try {
        await target.read(new Uint8Array(seed));
      } catch (error) {
        throw new TypeError(`${target.name}: seed ${i} (${seed.length} bytes) is rejected: ${String(error)}`);
      }
      const verdict = await judge(target, new Uint8Array(seed), -1);
      if (verdict.outcome === 'finding')
        throw new TypeError(`${target.name}: seed ${i} (${seed.length} bytes): ${verdict.detail}`);
    }
    await setImmediate();
    const [error] = strays.takeUnhandled();
    if (error !== undefined) throw new TypeError(`${target.name}: the seeds left an unhandled error: ${String(error)}`);
    seedsOf.set(target.name, seeds);
    return seeds;
  };

  const report = (finding: Finding): void => {
    mark({ findings: position.findings + 1 });
    const key = `${finding.reader} ${finding.kind} ${finding.detail.replace(/\d+/g, '#').slice(0, 150)}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    if (count <= ALIKE) send({ kind: 'finding', finding });
  };

  const run = async ({ reader, seed, from, to }: Range): Promise<void> => {
    const target = findTarget(reader);
    const seeds = await prepare(target);
    const make = (index: number): Uint8Array<ArrayBuffer> => mutate(target, seeds, { seed, index });
    mark({ index: from, read: 0, refused: 0, findings: 0, peak: 0 });
    let since = from;
    let paused = performance.now();
    for (let index = from; index < to; index++) {
      const input = make(index);
      const { outcome, kind, detail = '', memory } = await judge(target, input, index);
      const peak = Math.max(position.peak, memory);
      position =
        outcome === 'finding' ? { ...position, peak } : { ...position, peak, [outcome]: position[outcome] + 1 };
      if (kind) report({ reader, kind, detail, seed, index, input });
      if (performance.now() - paused < PAUSE && index + 1 < to) continue;
      await setImmediate();
      const [error] = strays.takeUnhandled();
      if (error !== undefined) await locate(target, { from: since, to: index + 1, seed, reader }, error);
      since = index + 1;
      paused = performance.now();
    }
    mark({});
  };

  /** An unhandled error is reported late: the cases since the last pause are repeated one by one. */
  const locate = async (target: FuzzTarget, { reader, seed, from, to }: Range, error: unknown): Promise<void> => {
    const seeds = await prepare(target);
    const detail = (late: unknown): string =>
      `an unhandled error: ${late instanceof Error ? late.stack : String(late)}`;
    for (let index = from; index < to; index++) {
      const input = mutate(target, seeds, { seed, index });
      const { outcome } = await attempt(target, input, index);
      await setImmediate();
      const [again] = strays.takeUnhandled();
      if (again === undefined) continue;
      // The case was counted with another outcome before.
      if (outcome !== 'finding') position = { ...position, [outcome]: position[outcome] - 1 };
      return report({ reader, kind: 'untyped', detail: detail(again), seed, index, input });
    }
    report({
      reader,
      kind: 'untyped',
      detail: `in one of cases ${from} to ${to - 1}, ${detail(error)}`,
      seed,
      index: to - 1,
    });
  };

  const answer = async (request: Request): Promise<void> => {
    if (request.kind === 'run') {
      await run(request);
      return send({ kind: 'done' });
    }
    const target = findTarget(request.reader);
    const seeds = seedsOf.get(target.name) ?? (await target.seeds());
    send({ kind: 'input', input: mutate(target, seeds, { seed: request.seed, index: request.index }) });
  };

  process.on('message', (request: Request) => {
    answer(request).catch((error: unknown) =>
      send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
  send({ kind: 'ready', readers: targets.map(({ name }) => name) });
};
