import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Locator, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { octahedron, picture, wav } from '../../packages/testing/src/small-files.ts';
import { chromiumArguments, findChromium } from '../chromium.ts';
import { root } from '../lib/projects.mjs';
import { run } from '../lib/run.mjs';

// The pages that `fit --page` writes, operated in Chromium by mouse, touch and keyboard, on wide and narrow screens, in
// light and dark.

/** A WAV file of a second: two tones, 8 kHz, 16 bits. */
const tones = (): Uint8Array => wav(Array.from({ length: 8000 }, (_, i) => 4000 * (Math.sin(i / 3) + Math.sin(i / 7))));

const signals = {
  image: ['a.png', picture(24, 16)],
  sound: ['a.wav', tones()],
  shape: ['a.ply', octahedron()],
} as const;
type Kind = keyof typeof signals;

const home = mkdtempSync(join(tmpdir(), 'neural-fields-pages-'));
const found = findChromium();
if ('missing' in found && process.env['CI']) throw new Error(found.missing);
let browser: Browser | undefined;

beforeAll(async () => {
  if ('missing' in found) return;
  for (const [name, bytes] of Object.values(signals)) {
    writeFileSync(join(home, name), bytes);
    const fit = [
      'fit',
      name,
      '-o',
      `${name}.safetensors`,
      '--page',
      `${name}.html`,
      '--steps',
      '12',
      '--backend',
      'cpu',
    ];
    const small = ['--hidden-features', '8', '--hidden-layers', '1', '--batch', '64'];
    const { ok, output } = run(process.execPath, [join(root, 'apps/cli/dist/main.js'), ...fit, ...small], {
      cwd: home,
    });
    if (!ok) throw new Error(output);
  }
  browser = await chromium.launch({ executablePath: found.path, args: [...chromiumArguments] });
});
afterAll(async () => {
  await browser?.close();
  rmSync(home, { recursive: true, force: true });
});

const edgeOf = (stage: Locator): Promise<string> => stage.evaluate(each => each.style.getPropertyValue('--edge'));

/** The slider between two pictures, and where there are values the point that reads them. */
const operateComparison = async (page: Page): Promise<void> => {
  const figure = page.locator('.compare');
  const [stage, slider] = [figure.locator('.stage'), figure.getByRole('slider')];
  await slider.focus();
  expect(await edgeOf(stage)).toBe('50%');
  await slider.press('ArrowRight');
  expect(await edgeOf(stage)).toBe('50.5%');
  await slider.press('Home');
  expect([await edgeOf(stage), await slider.getAttribute('aria-valuetext')]).toEqual(['0%', '0 % Original']);
  const box = await slider.boundingBox();
  if (!box) throw new Error('the slider is not visible');
  await page.mouse.move(box.x + 0.5 * box.width, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.75 * box.width, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  expect(Number.parseFloat(await edgeOf(stage))).toBeCloseTo(75, -1);
  await slider.scrollIntoViewIfNeeded();
  const touched = await slider.boundingBox();
  if (!touched) throw new Error('the slider is not visible');
  await page.touchscreen.tap(touched.x + 0.25 * touched.width, touched.y + touched.height / 2);
  expect(Number.parseFloat(await edgeOf(stage))).toBeCloseTo(25, -1);
};

const operateReadout = async (page: Page): Promise<void> => {
  const stage = page.getByRole('application');
  const readout = page.locator('.compare .readout');
  const column = async (): Promise<number> => Number(/ {2}x (-?[\d.]+)/.exec((await readout.textContent()) ?? '')?.[1]);
  await stage.hover({ position: { x: 2, y: 2 } });
  expect(await readout.textContent()).toMatch(
    /^pixel 0, 0 {2}x -1\.000 {2}y -1\.000 {2}original [\d. ]+ {2}field [\d. ]+ {2}error /,
  );
  await stage.focus();
  await stage.press('ArrowRight');
  const next = await column();
  expect(next).toBeCloseTo(-1 + 2 / 23, 2);
  await stage.press('Shift+ArrowRight');
  expect(await column()).toBeCloseTo(-1 + 22 / 23, 2);
  const box = await stage.boundingBox();
  if (!box) throw new Error('the picture is not visible');
  await page.touchscreen.tap(box.x + box.width - 3, box.y + box.height / 2);
  expect(await column()).toBe(1);
};

/** The zoom of both pictures by buttons, keys, the wheel, dragging and pinching, and the values of what is shown. */
const operateZoom = async (page: Page): Promise<void> => {
  const stage = page.getByRole('application');
  const scale = (): Promise<number> => stage.evaluate(each => Number(each.style.getPropertyValue('--zoom')));
  const pixelAt = async (x: number, y: number): Promise<readonly number[]> => {
    const box = await stage.boundingBox();
    if (!box) throw new Error('the picture is not visible');
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
    const text = (await page.locator('.compare .readout').textContent()) ?? '';
    return (/^pixel (\d+), (\d+) /.exec(text) ?? []).slice(1).map(Number);
  };
  const button = (name: RegExp): Locator => page.getByRole('button', { name });
  expect([await scale(), await button(/zoom out/).isDisabled()]).toEqual([1, true]);
  // 24 x 16 pixels: at the highest zoom the shorter side shows 8 of 16.
  await button(/zoom in/).click();
  expect([await scale(), await button(/zoom in/).isDisabled()]).toEqual([2, true]);
  const transforms = await stage.locator('img').evaluateAll(all => all.map(each => getComputedStyle(each).transform));
  expect(transforms[0]).toMatch(/^matrix\(2, 0, 0, 2, /);
  expect(transforms[1]).toBe(transforms[0]);
  expect(await pixelAt(0.02, 0.02)).toEqual([6, 4]);
  expect(await pixelAt(0.98, 0.98)).toEqual([17, 11]);
  // Dragged to the right and down by a quarter: what was to the left comes into view.
  await pixelAt(0.4, 0.4);
  await page.mouse.down();
  await pixelAt(0.65, 0.65);
  await page.mouse.up();
  expect(await pixelAt(0.02, 0.02)).toEqual([3, 2]);
  // The arrow keys take the view along.
  await stage.press('Shift+ArrowLeft');
  expect(await pixelAt(0.02, 0.5)).toEqual([0, 6]);
  await stage.press('0');
  expect(await scale()).toBe(1);
  await stage.press('+');
  expect(await scale()).toBe(2);
  await button(/show the whole picture/).click();
  expect(await scale()).toBe(1);

  // The wheel scrolls the page unless Ctrl is held or the picture has the focus.
  await pixelAt(0.98, 0.98);
  await page.mouse.wheel(0, -20);
  expect(await scale()).toBe(1);
  await stage.scrollIntoViewIfNeeded();
  await pixelAt(0.98, 0.98);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await expect.poll(scale).toBeGreaterThan(1.5);
  expect(await pixelAt(0.98, 0.98)).toEqual([23, 15]);
  await stage.press('0');

  const touch = await page.context().newCDPSession(page);
  const box = await stage.boundingBox();
  if (!box) throw new Error('the picture is not visible');
  const fingers = (apart: number): { x: number; y: number }[] =>
    [-apart, apart].map(shift => ({ x: box.x + (0.5 + shift) * box.width, y: box.y + box.height / 2 }));
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(0.1) });
  for (const apart of [0.12, 0.14, 0.16])
    await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: fingers(apart) });
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await expect.poll(scale).toBeCloseTo(1.6, 1);
  await stage.press('0');
};

/** The slider over the steps of a fit, or the views of a surface. */
const operateSteps = async (figure: Locator): Promise<void> => {
  const slider = figure.getByRole('slider');
  const pictures = figure.locator('.steps-pictures img');
  const shown = (): Promise<number> => pictures.evaluateAll(all => all.findIndex(each => each.checkVisibility()));
  const count = await pictures.count();
  expect(count).toBeGreaterThan(3);
  expect(await shown()).toBe(count - 1);
  await slider.press('ArrowLeft');
  expect(await shown()).toBe(count - 2);
  await slider.press('Home');
  expect(await shown()).toBe(0);
  const label = await figure.locator('.readout').textContent();
  expect([await slider.getAttribute('aria-valuetext'), await pictures.first().getAttribute('alt')]).toEqual([
    label,
    label,
  ]);
  const box = await slider.boundingBox();
  if (!box) throw new Error('the slider is not visible');
  await slider.click({ position: { x: box.width - 4, y: box.height / 2 } });
  expect(await shown()).toBe(count - 1);
  await slider.tap({ position: { x: 4, y: box.height / 2 } });
  expect(await shown()).toBe(0);
};

describe('pages of fits', () => {
  test.for<Kind>(['image', 'sound', 'shape'])('the controls of the page of the %s', async (kind, context) => {
    if ('missing' in found) return context.skip(found.missing);
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      const viewport = { width, height: 800 };
      const visitor = await (browser as Browser).newContext({ viewport, colorScheme, hasTouch: true });
      try {
        const page = await visitor.newPage();
        const complaints: string[] = [];
        page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
        page.on('pageerror', error => complaints.push(String(error)));
        await page.goto(pathToFileURL(join(home, `${signals[kind][0]}.html`)).href);
        if (kind !== 'shape') await operateComparison(page);
        if (kind === 'image') {
          await operateReadout(page);
          await operateZoom(page);
        }
        const steps = await page.locator('.steps-figure').all();
        expect(steps.length).toBeGreaterThan(0);
        for (const figure of steps) await operateSteps(figure);
        // Whatever can be operated has a name, and so has every plot and picture.
        const unnamed = await page
          .locator('input, audio, svg, [tabindex]')
          .evaluateAll(all =>
            all.filter(each => !each.getAttribute('aria-label')).map(each => each.outerHTML.slice(0, 80)),
          );
        expect(unnamed).toEqual([]);
        expect(await page.locator('img:not([alt]), img[alt=""]').count()).toBe(0);
        // Nothing is wider than the screen, also not inside of a part that scrolls.
        const wide = await page
          .locator('html, .wide, pre')
          .evaluateAll(all =>
            all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.outerHTML.slice(0, 80)),
          );
        expect(wide).toEqual([]);
        expect(complaints).toEqual([]);
      } finally {
        await visitor.close();
      }
    }
  });
});
