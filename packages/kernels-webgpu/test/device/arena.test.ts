import '../setup/node.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Arena } from '../../src/device/arena.ts';
import { createDevice } from '../../src/device/create-device.ts';
import { DeviceLimitError } from '../../src/device/errors.ts';

let device: GPUDevice;
beforeAll(async () => {
  ({ device } = await createDevice());
});
afterAll(() => device.destroy());

it('names the limit that a buffer exceeds, and the size that it needs', () => {
  const arena = new Arena(device);
  const { maxStorageBufferBindingSize: available } = device.limits;
  const reserve = (): void => arena.reserve({ parameters: available / 4 }, () => {});
  expect(reserve).toThrow(DeviceLimitError);
  expect(reserve).toThrow(
    `webgpu: the buffer 'parameters' must fit the device's maxStorageBufferBindingSize of ${available}, needs ${available + 16}`,
  );
  expect(arena.bytes).toBe(0);
});

it('shares its buffers, and changes its generation when one is replaced', () => {
  const arena = new Arena(device);
  let freed = 0;
  const reserve = (slots: Record<string, number>): void =>
    arena.reserve(slots, () => {
      freed += 1;
    });
  reserve({ a: 10, b: 4 });
  const [a, b] = [arena.buffer('a'), arena.buffer('b')];
  reserve({ a: 9, c: 3 });
  expect([arena.generation, freed]).toEqual([0, 0]);
  expect(arena.buffer('a')).toBe(a);
  reserve({ a: 100 });
  expect([arena.generation, freed]).toEqual([1, 1]);
  expect(arena.buffer('a')).not.toBe(a);
  expect(arena.buffer('a').size).toBeGreaterThanOrEqual(400);
  expect(arena.buffer('b')).toBe(b);
  arena.dispose();
  expect(arena.bytes).toBe(0);
});
