import { inspect } from 'node:util';
import { type FuzzTarget, memoryLimit, timeLimit } from './fuzz-target.ts';
import type { MemoryMeter } from './memory-meter.ts';
import type { FindingKind } from './protocol.ts';

/** The outcome of a reader on one input. */
export interface Verdict {
  readonly outcome: 'read' | 'refused' | 'finding';
  readonly kind?: FindingKind;
  readonly detail?: string;
  /** The memory used, in bytes. */
  readonly memory: number;
}

/** The maximum length of an error message. */
const LONGEST_MESSAGE = 2000;

const PROTOTYPES = { Object: Object.prototype, Array: Array.prototype, Function: Function.prototype };
const KEYS = new Map(Object.values(PROTOTYPES).map(prototype => [prototype, new Set(Reflect.ownKeys(prototype))]));

/** Lists keys that were added to the prototypes of built-in objects, and removes them. */
const findPollution = (): string[] => {
  const added: string[] = [];
  for (const [name, prototype] of Object.entries(PROTOTYPES)) {
    const known = KEYS.get(prototype);
    const keys = Reflect.ownKeys(prototype);
    if (keys.length === known?.size) continue;
    for (const key of keys) {
      if (known?.has(key)) continue;
      added.push(`${name}.prototype.${String(key).slice(0, 100)}`);
      Reflect.deleteProperty(prototype, key);
    }
  }
  return added;
};

const describe = (error: unknown): string => {
  try {
    return (error instanceof Error ? (error.stack ?? String(error)) : `thrown: ${inspect(error)}`).slice(0, 4000);
  } catch {
    return 'an error that cannot be printed';
  }
};

const judgeError = (target: FuzzTarget, error: unknown): { kind: FindingKind; detail: string } | undefined => {
  if (!target.isTyped(error)) return { kind: 'untyped', detail: describe(error) };
  const message = error instanceof Error ? error.message : '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the pattern searches for
  if (/[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(message)) {
    return { kind: 'message', detail: `a message with control characters: ${inspect(message.slice(0, 500))}` };
  }
  if (message.length > LONGEST_MESSAGE)
    return { kind: 'message', detail: `a message of ${message.length} characters: ${message.slice(0, 200)}...` };
  return undefined;
};

const MIB = 2 ** 20;

/** The output of this process, and unhandled errors, since the last call. */
export interface Strays {
  readonly takePrinted: () => string;
  readonly takeUnhandled: () => unknown[];
}

/** Passes an input to the reader and examines the outcome. */
export const examine = async (
  target: FuzzTarget,
  input: Uint8Array<ArrayBuffer>,
  { meter, strays }: { readonly meter: MemoryMeter; readonly strays: Strays },
): Promise<Verdict> => {
  const length = input.length;
  const before = meter.begin();
  const begin = performance.now();
  const beginCpu = process.cpuUsage();
  let refused = false;
  let found: { kind: FindingKind; detail: string } | undefined;
  try {
    const result = target.read(input);
    // Most readers are synchronous, and awaiting their results would cost more than reading.
    if (typeof result === 'object' && result !== null && 'then' in result) await result;
  } catch (error) {
    refused = true;
    found = judgeError(target, error);
  }
  const { user, system } = process.cpuUsage(beginCpu);
  // On a busy machine a reader waits for the processor, which must not count, so the processor time is used if it is
  // shorter. The parent kills a reader that never returns.
  const milliseconds = Math.min(performance.now() - begin, (user + system) / 1000);
  const memory = Math.max(0, meter.peak() - before);
  const printed = strays.takePrinted();
  const polluted = findPollution();
  if (polluted.length > 0) found = { kind: 'prototype', detail: `set ${polluted.join(', ')}` };
  if (printed !== '') found ??= { kind: 'printed', detail: `printed ${inspect(printed.slice(0, 500))}` };
  if (milliseconds > timeLimit(target)) {
    found ??= { kind: 'time', detail: `took ${Math.round(milliseconds)} ms for ${length} bytes` };
  }
  if (memory > memoryLimit(target, length)) {
    found ??= { kind: 'memory', detail: `took ${Math.round(memory / MIB)} MiB for ${length} bytes` };
  }
  if (found) return { outcome: 'finding', ...found, memory };
  return { outcome: refused ? 'refused' : 'read', memory };
};
