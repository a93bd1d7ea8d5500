import { expect, test } from 'vitest';
import { entry } from './cli.ts';
import { killLoop, type Scenario, scenarios } from './kills/index.ts';

const scenario = (name: string): Scenario => scenarios.find(each => each.name === name) as Scenario;

// `npm run kill -- --command all --count 125` does this at length.
test.each([
  ['fit-sound', 3],
  ['render-png', 2],
  ['mesh', 2],
])(
  '%s survives %i kills: outputs whole or absent, documented exit codes, nothing lost or left over',
  async (name, count) => {
    const { kills, faults } = await killLoop(entry, scenario(name), { count, seed: 7 });
    expect(faults).toEqual([]);
    expect(Object.values(kills).reduce((sum, n) => sum + n, 0)).toBe(count);
  },
);

test('the loop sees what is left over, what differs and what is not told by the exit code', async () => {
  const faulty = new URL('./kills/faulty-program.mjs', import.meta.url);
  const program: Scenario = {
    name: 'faulty',
    command: ['write'],
    prepare: () => undefined,
    exact: /out\.txt$/,
    resumes: false,
  };
  const { faults } = await killLoop(faulty.pathname, program, { count: 2, seed: 2, ways: ['SIGTERM'] });
  const all = faults.join('\n');
  expect(all).toMatch(/out\.txt differs/);
  expect(all).toMatch(/out\.txt\.part is left over/);
  expect(all).toMatch(/SIGTERM after \d+ ms[^\n]*: ended with exit code 7/);
});
