// A peer whose gradient, or the second half of it, or whose loss from the second request on, is not what it should be.
// It computes in float64, without a framework.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [, , lie = 'gradient'] = process.argv;
const say = message => process.stdout.write(`${JSON.stringify(message)}\n`);
say({ versions: { lie }, threads: 1 });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.work === 'prepare') say({});
  else if (request.work === 'steps') say({ seconds: 0.001, loss: 1, peakMemory: 1 });
  else {
    // What an honest peer has answered to the same question.
    const { losses, gradient } = JSON.parse(readFileSync(process.env.HONEST_ANSWER, 'utf8'));
    const from = { gradient: 0, half: gradient.length / 2 }[lie] ?? gradient.length;
    const claimed = Float32Array.from(gradient, (value, i) => (i >= from ? 1.01 * value : value));
    writeFileSync(request.gradientFile, new Uint8Array(claimed.buffer));
    say({ losses, seconds: 0.001 });
  }
}
