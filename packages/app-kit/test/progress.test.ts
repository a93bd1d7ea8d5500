import { expect, test } from 'vitest';
import { progressLine } from '../src/output/progress.ts';

const line = {
  share: 0.5,
  count: 'step 250/500',
  figures: ['PSNR 30.12 dB', 'loss 5.44e-4', '24 steps/s'],
  left: '1 min 05 s left',
};

test('a line of progress keeps the time left at any width', () => {
  expect(progressLine(line, 160)).toBe(
    `${'█'.repeat(12)}${'░'.repeat(12)} step 250/500  PSNR 30.12 dB  loss 5.44e-4  24 steps/s  1 min 05 s left`,
  );
  expect(progressLine(line, 79)).toBe(
    '████░░░░ step 250/500  PSNR 30.12 dB  loss 5.44e-4  24 steps/s  1 min 05 s left',
  );
  expect(progressLine(line, 59)).toBe('███████░░░░░░░ step 250/500  PSNR 30.12 dB  1 min 05 s left');
  for (let columns = 30; columns < 200; columns++) {
    const text = progressLine(line, columns);
    expect(text.length).toBeLessThanOrEqual(columns);
    expect(text).toContain('1 min 05 s left');
  }
});

test('a narrower terminal shows less and never more than its width', () => {
  for (let columns = 1; columns < 30; columns++)
    expect(progressLine(line, columns).length).toBeLessThanOrEqual(columns);
  expect(progressLine({ ...line, left: undefined, share: 1 }, 50)).toBe(
    '████████ step 250/500  PSNR 30.12 dB  loss 5.44e-4',
  );
});
