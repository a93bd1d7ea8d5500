import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSupervisor, expectNoFindings, type Supervisor } from '../../src/fuzz/index.ts';

const targets = new URL('./targets.ts', import.meta.url);

describe('createSupervisor', () => {
  let supervisor: Supervisor;
  beforeAll(async () => {
    supervisor = await createSupervisor(targets);
  });
  afterAll(() => supervisor.dispose());

  it.each(['sound', 'sound-later'])('finds nothing in the correct reader %s', async reader => {
    const result = await supervisor.run({ reader, seed: 1, from: 0, to: 400 });
    expect(result).toMatchObject({ findings: 0, list: [], tried: 400 });
    expect(result.read).toBeGreaterThan(50);
    expect(result.refused).toBeGreaterThan(20);
    expect(result.read + result.refused).toBe(400);
  });

  it.each([
    ['untyped', 'untyped', /TypeError: cannot read \d+/],
    ['untyped-later', 'untyped', /nobody waits for this/],
    ['lines', 'message', /control characters/],
    ['loop', 'time', /did not return/],
    ['never', 'time', /did not return/],
    // On a busy machine the parent's timeout may come first.
    ['slow', 'time', /took \d+ ms|did not return within/],
    ['memory', 'memory', /took \d+ MiB/],
    ['bomb', 'memory', /when it was stopped/],
    ['printed', 'printed', /odd header/],
    ['prototype', 'prototype', /Object.prototype.polluted/],
    ['crash', 'crash', /SIGSEGV/],
    ['exit', 'crash', /exit code 3/],
  ])('catches %s', async (reader, kind, detail) => {
    const result = await supervisor.run({ reader, seed: 1, from: 0, to: 40 }, { deaths: 1 });
    expect(result.findings).toBeGreaterThan(0);
    expect(result.read + result.refused + result.findings).toBe(result.tried);
    const [finding] = result.list;
    expect(finding).toMatchObject({ reader, kind, seed: 1 });
    expect(finding?.detail).toMatch(detail);
    // The recorded input is the one that caused the finding, and that case alone reproduces it.
    expect(finding?.input?.includes(33)).toBe(true);
    expect(await supervisor.input(reader, 1, finding?.index ?? -1)).toEqual(finding?.input);
  });

  it('continues after a case that ended its process', async () => {
    const result = await supervisor.run({ reader: 'exit', seed: 2, from: 0, to: 24 }, { deaths: 24 });
    expect(result.tried).toBe(24);
    expect(result.findings).toBeGreaterThan(1);
    expect(new Set(result.list.map(({ index }) => index)).size).toBe(result.findings);
  });

  it('rejects an unknown reader', async () => {
    await expect(supervisor.run({ reader: 'toString', seed: 1, from: 0, to: 1 })).rejects.toThrow(
      'there is no reader "toString"',
    );
  });
});

describe('expectNoFindings', () => {
  it('throws its findings with the numbers that reproduce them', async () => {
    await expect(expectNoFindings(new URL('./faulty.ts', import.meta.url), { count: 60 })).rejects.toThrow(
      /untyped, seed 1, case \d+, \d+ bytes: untyped: TypeError/,
    );
  });
});
