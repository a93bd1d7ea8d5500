import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../src/images/decode-image.ts';
import { encodeImage } from '../../src/images/encode-image.ts';
import { resizeImage, resizeImageAsync } from '../../src/images/resize-image.ts';
import { meanSquaredError, meanSquaredErrorAsync } from '../../src/metrics/mean-squared-error.ts';
import { psnr, psnrAsync } from '../../src/metrics/psnr.ts';
import { ssim, ssimAsync } from '../../src/metrics/ssim.ts';
import { finish, finishInSlices, part, type Work, type WorkOptions, watchedPart } from '../../src/work/work.ts';

function* countTo(end: number): Work<string> {
  for (let i = 0; i < end; i++) yield i / end;
  return `${end}`;
}

/** Work that counts to its end on the clock. */
function* busyFor(milliseconds: number): Work<number> {
  const begin = performance.now();
  let passed = 0;
  for (; passed < milliseconds; passed = performance.now() - begin) yield passed / milliseconds;
  return passed;
}

test('work has the same result at once and in slices', async () => {
  expect(finish(countTo(5))).toBe('5');
  expect(await finishInSlices(countTo(5))).toBe('5');
  expect([...part(countTo(2), 0.5, 0.5)]).toEqual([0.5, 0.75]);
  expect(finish(part(countTo(2), 0.5, 0.5))).toBe('2');
});

test('events are handled between slices, and progress increases to 1', async () => {
  let events = 0;
  const timer = setInterval(() => events++, 1);
  const shares: number[] = [];
  await finishInSlices(busyFor(150), { onProgress: share => shares.push(share) });
  clearInterval(timer);
  expect(events).toBeGreaterThan(2);
  expect(shares.length).toBeGreaterThan(2);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBe(1);
});

test('a signal cancels the work before or during it, with its reason', async () => {
  const reason = new Error('no longer wanted');
  await expect(finishInSlices(countTo(3), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 20);
  await expect(finishInSlices(busyFor(60_000), watchedPart({ signal: controller.signal }, 0, 1))).rejects.toBe(reason);
});

describe('every long function has the same result at once and in slices', () => {
  const picture = (phase: number) => ({
    data: Float32Array.from({ length: 40 * 30 * 3 }, (_, i) => 0.5 + 0.4 * Math.sin(i / 7 + phase)),
    shape: [30, 40, 3],
  });
  const [a, b] = [picture(0), picture(0.1)];
  const stopped: WorkOptions = { signal: AbortSignal.abort(new Error('stopped')) };

  test('metrics', async () => {
    expect(await meanSquaredErrorAsync(a, b)).toBe(meanSquaredError(a, b));
    expect(await psnrAsync(a, b)).toBe(psnr(a, b));
    expect(await ssimAsync(a, b, { window: 'gaussian' })).toBe(ssim(a, b, { window: 'gaussian' }));
    await expect(ssimAsync(a, b, stopped)).rejects.toThrow('stopped');
    await expect(psnrAsync(a, b, { dataRange: 0 })).rejects.toThrow('psnr: dataRange must be a positive number, got 0');
  });

  test('pictures', async () => {
    const size = { width: 17, height: 9 };
    expect(await resizeImageAsync(a, size)).toEqual(resizeImage(a, size));
    const shares: number[] = [];
    const onProgress = (share: number): void => void shares.push(share);
    const bytes = await encodeImage(a, { format: 'png', bitDepth: 16, onProgress });
    expect((await decodeImage(bytes, { onProgress })).shape).toEqual([30, 40, 3]);
    expect(shares.at(-1)).toBe(1);
    await expect(resizeImageAsync(a, { ...size, ...stopped })).rejects.toThrow('stopped');
    await expect(encodeImage(a, { format: 'png', ...stopped })).rejects.toThrow('stopped');
    await expect(decodeImage(bytes, stopped)).rejects.toThrow('stopped');
  });
});
