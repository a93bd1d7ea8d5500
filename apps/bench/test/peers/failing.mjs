// A peer that fails in the way that it is told: it says nothing, ends, throws, or babbles.
import { createInterface } from 'node:readline';

const [, , failure] = process.argv;
const say = message => process.stdout.write(`${JSON.stringify(message)}\n`);
if (failure === 'unavailable') say({ unavailable: 'no such processor' });
else {
  say({ versions: {}, threads: 1 });
  for await (const _ of createInterface({ input: process.stdin })) {
    if (failure === 'exit') {
      process.stderr.write('a trace\nout of luck\n');
      process.exit(3);
    }
    if (failure === 'killed') process.kill(process.pid, 'SIGKILL');
    if (failure === 'throw') say({ error: 'not today' });
    if (failure === 'babble') process.stdout.write('hello\n');
    // 'silence' answers nothing.
  }
}
