import type { FuzzTarget } from '../../src/fuzz/index.ts';

/** Toy readers, each with one fault that a mutation triggers: its seed has no `!`, and `!` is among its tokens. */
class ToyError extends Error {}

const seed = 'vertices 12\n1 2 3\n4 5 6\n'.repeat(4);
const isTyped = (error: unknown): boolean => error instanceof ToyError;

const toy = (name: string, misbehave: (bytes: Uint8Array) => unknown, rest: Partial<FuzzTarget> = {}): FuzzTarget => ({
  name,
  seeds: () => [new TextEncoder().encode(seed), new TextEncoder().encode(seed.toUpperCase())],
  read: bytes => {
    if (bytes.includes(0)) throw new ToyError('toy: wanted text, got a zero byte');
    return bytes.includes(33) ? misbehave(bytes) : bytes.length;
  },
  isTyped,
  tokens: ['!'],
  ...rest,
});

const kept: Uint8Array[] = [];

export const fuzzTargets: readonly FuzzTarget[] = [
  toy('sound', () => undefined),
  toy('sound-later', async bytes => {
    await Promise.resolve();
    if (bytes.length % 2) throw new ToyError('toy: wanted an even length');
  }),
  toy('untyped', bytes => {
    throw new TypeError(`cannot read ${bytes.length}`);
  }),
  toy('untyped-later', () => {
    void Promise.reject(new TypeError('nobody waits for this'));
  }),
  toy('lines', () => {
    throw new ToyError('toy: \x1b[31mred\n');
  }),
  toy(
    'loop',
    () => {
      for (;;);
    },
    { milliseconds: 50 },
  ),
  toy('never', () => new Promise(() => {}), { milliseconds: 50 }),
  toy(
    'slow',
    () => {
      const begin = process.cpuUsage();
      while (process.cpuUsage(begin).user < 80_000);
    },
    { milliseconds: 50 },
  ),
  toy('memory', () => new Uint8Array(48 * 2 ** 20).fill(1).length, { memory: { base: 32 * 2 ** 20, perByte: 0 } }),
  toy(
    'bomb',
    () => {
      for (;;) kept.push(new Uint8Array(2 ** 20).fill(1));
    },
    { memory: { base: 16 * 2 ** 20, perByte: 0 } },
  ),
  // biome-ignore lint/suspicious/noConsole: this reader is faulty on purpose
  toy('printed', () => console.warn('odd header')),
  toy('prototype', () => Object.assign(Object.prototype, { polluted: 1 })),
  toy('crash', () => process.kill(process.pid, 'SIGSEGV')),
  toy('exit', () => process.exit(3)),
];
