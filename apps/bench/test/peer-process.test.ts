import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PeerProcess, PeerUnavailableError } from '../src/speed/peer-process.ts';

const failing = (failure: string): Parameters<typeof PeerProcess.start>[0] => ({
  program: process.execPath,
  args: [fileURLToPath(new URL('./peers/failing.mjs', import.meta.url)), failure],
});

test.each([
  ['exit', 'the process ended with code 3: out of luck'],
  ['killed', 'the process was killed, as the system does when memory runs out'],
  ['throw', 'not today'],
  ['babble', 'it wrote a line that is no answer: hello'],
])('a peer that fails by %s is an error that says so', async (failure, message) => {
  const peer = await PeerProcess.start(failing(failure), 30);
  expect(peer.description).toEqual({ versions: {}, threads: 1 });
  await expect(peer.steps({ count: 1 }, 30)).rejects.toThrow(message);
  peer.dispose();
});

test('a peer that does not answer is stopped', async () => {
  const peer = await PeerProcess.start(failing('silence'), 30);
  await expect(peer.steps({ count: 1 }, 0.2)).rejects.toThrow('no answer within 0 s');
  await expect(peer.steps({ count: 1 }, 30)).rejects.toThrow('no answer within 0 s');
});

test('a peer may say that it is not to be had, and a program may be missing', async () => {
  await expect(PeerProcess.start(failing('unavailable'), 30)).rejects.toThrow(
    new PeerUnavailableError('no such processor'),
  );
  await expect(PeerProcess.start({ program: '/nowhere/python', args: [] }, 30)).rejects.toThrow(
    /^cannot be started: .*ENOENT/,
  );
});
