/**
 * A peer of whole fits whose steps take given seconds by its own clock: `node clock.mjs <first> <seconds of each later
 * request>...`
 */
import { createInterface } from 'node:readline';

const [first, ...later] = process.argv.slice(2).map(Number);
const say = message => console.log(JSON.stringify(message));
let [step, every, requests, begun] = [0, 0, 0, 0];
say({ versions: { clock: '1' }, threads: 1 });
for await (const line of createInterface({ input: process.stdin })) {
  const { work, problem, chosen } = JSON.parse(line);
  if (work === 'begin') {
    every = problem.evaluateEvery;
    begun++;
    // It chooses only when it is not told what to choose.
    say(begun === 1 ? { chunk: 7 } : chosen);
    continue;
  }
  if (requests > 0 && later[requests - 1] === -1) process.exit(3);
  step += every;
  const seconds = requests === 0 ? first : (later[requests - 1] ?? later.at(-1)) * every;
  requests++;
  say({ step, seconds });
}
