// A program that does what the loop has to notice: it writes in place, leaves a file behind, and has an exit code of
// its own for SIGTERM.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';

process.on('SIGTERM', () => process.exit(7));
console.log('begins');
if (existsSync('out.txt')) writeFileSync('out.txt.part', '');
writeFileSync('out.txt', '');
for (let i = 0; i < 20; i++) {
  appendFileSync('out.txt', `${i}\n`);
  console.log(i);
  await new Promise(resolve => setTimeout(resolve, 20));
}
