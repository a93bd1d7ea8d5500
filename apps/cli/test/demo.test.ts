import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFieldData } from '@neural-fields/core/files';
import { decodeImage } from '@neural-fields/signals';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { snapshotSteps } from '../src/recording/snapshots.ts';
import { run, start } from './cli.ts';

const tinyDemo = [
  '--backend',
  'cpu',
  '--size',
  '24',
  '--hidden-features',
  '16',
  '--hidden-layers',
  '1',
  '--steps',
  '120',
];

const pictures = [
  ...[
    'picture',
    'reconstruction',
    'error',
    'gradient-picture',
    'gradient-field',
    'laplacian-picture',
    'laplacian-field',
  ],
  ...['zoom-pixels', 'zoom-field', 'zoom-bicubic', 'spectrum-picture', 'spectrum-field'],
];

test('the demonstration writes every file that it lists, and a page that needs nothing else', async () => {
  const cwd = emptyFolder();
  const result = await run(['demo', ...tinyDemo, '--batch', '200', '--out', 'out/page'], { cwd });
  expect(result).toMatchObject({ code: 0 });
  const [, psnr] = /^PSNR (\d+\.\d+) dB, SSIM 0\.\d+, fitted in .+\npage out\/page\/index\.html\n$/.exec(
    result.stdout,
  ) as RegExpExecArray;
  expect(Number(psnr)).toBeGreaterThan(15);
  expect(result.stderr).toContain('backend cpu: it was requested');

  const folder = join(cwd, 'out', 'page');
  const others = [
    '.neural-fields-results',
    'field.safetensors',
    'metrics.json',
    'progress.jsonl',
    'psnr.svg',
    'spectrum.svg',
    'index.html',
  ];
  expect(readdirSync(folder).sort()).toEqual([...pictures.map(name => `${name}.png`), ...others].sort());
  for (const name of pictures)
    expect((await decodeImage(readFileSync(join(folder, `${name}.png`)))).data.length).toBeGreaterThan(0);
  const shapes = await Promise.all(
    ['picture', 'zoom-field', 'zoom-bicubic', 'spectrum-field'].map(async name => {
      const { shape } = await decodeImage(readFileSync(join(folder, `${name}.png`)), { channels: 'grey' });
      return shape.slice(0, 2);
    }),
  );
  expect(shapes).toEqual([
    [24, 24],
    [48, 48],
    [48, 48],
    [48, 48],
  ]);

  const metrics = JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8'));
  expect(metrics).toMatchObject({
    size: 24,
    backend: { name: 'cpu', reason: 'it was requested' },
    fit: { steps: 120, batch: 200 },
  });
  expect(metrics.metrics.psnr).toBeCloseTo(Number(psnr), 1);
  const curve = readFileSync(join(folder, 'progress.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
  const { metadata } = decodeFieldData(readFileSync(join(folder, 'field.safetensors')));
  expect(JSON.parse(metadata['signal'] as string)).toMatchObject({
    kind: 'image',
    width: 24,
    convention: 'pixel-centred',
  });

  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const { document } = parseHTML(html);
  const images = [...document.querySelectorAll('img')];
  expect(images).toHaveLength(pictures.length + snapshotSteps(120).length);
  for (const image of images) {
    expect(image.getAttribute('alt')).not.toBe('');
    const [, data] = /^data:image\/(?:png|webp);base64,(.+)$/.exec(
      image.getAttribute('src') as string,
    ) as RegExpExecArray;
    expect((await decodeImage(Buffer.from(data as string, 'base64'))).data.length).toBeGreaterThan(0);
  }
  expect([...document.querySelectorAll('svg')]).toHaveLength(2);
  const links = [...document.querySelectorAll('a')].map(link => link.getAttribute('href') as string);
  const local = links.filter(link => !/^https?:/.test(link));
  expect(local).toHaveLength(pictures.length + 5);
  for (const link of local) expect(existsSync(join(folder, link)), link).toBe(true);
  expect(document.querySelectorAll('link, iframe')).toHaveLength(0);
  expect(document.querySelectorAll('script')).toHaveLength(1);
  const written = html.replace(/base64,[\w+/=]*/g, '').replace(/<script>.*<\/script>/s, '');
  expect(/.{0,40}(undefined|NaN|\[object).{0,40}/.exec(written)?.[0]).toBeUndefined();
  expect(document.querySelector('pre')?.textContent).toContain('neural-fields demo --backend cpu --size 24');
  expect(document.body.textContent).toContain(`${metrics.metrics.psnr.toFixed(2)} dB`);
});

test('a stopped demonstration resumes, and its history has no gap', async () => {
  const cwd = emptyFolder();
  const args = ['demo', ...tinyDemo, '--steps', '400', '--out', 'page'];
  const running = start(args, { cwd });
  await running.saw(/step 80\//);
  running.child.kill('SIGINT');
  const stopped = await running.finished;
  expect(stopped).toMatchObject({ code: 130, stdout: '' });
  expect(stopped.stderr).toContain('Run the same command again to resume from there.');
  const again = await run([...args, '--json'], { cwd });
  expect(again.code).toBe(0);
  const [first] = jsonLines(again);
  expect(first?.['step']).toBeGreaterThan(80);
  expect(jsonLines(again).at(-1)).toMatchObject({ event: 'done', folder: 'page' });
  const curve = readFileSync(join(cwd, 'page', 'progress.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  expect(existsSync(join(cwd, 'page', 'field.safetensors.checkpoint'))).toBe(false);
});

// The second shares every fifth pixel's edge with the photograph, and no more.
test.each([
  ['120', 4],
  ['150', 3.2],
])('a picture of %s pixels is compared with the photograph', async (size, factor) => {
  const cwd = emptyFolder();
  mkdirSync(join(cwd, 'page'));
  const args = [
    '--backend',
    'cpu',
    '--size',
    size,
    '--hidden-features',
    '8',
    '--hidden-layers',
    '0',
    '--steps',
    '2',
    '--batch',
    '64',
  ];
  expect(await run(['demo', ...args, '--out', 'page', '--quiet'], { cwd })).toMatchObject({ code: 0, stderr: '' });
  const { metrics } = JSON.parse(readFileSync(join(cwd, 'page', 'metrics.json'), 'utf8'));
  expect(metrics.zoom.factor).toBe(factor);
  expect(metrics.zoom.bicubic).toBeGreaterThan(25);
  expect(metrics.zoom.field).toBeLessThan(metrics.zoom.bicubic);
  expect(readFileSync(join(cwd, 'page', 'index.html'), 'utf8')).toContain('Here bicubic interpolation comes closer');
});

test("a folder with the user's own files is left alone, and one that is being written is not written twice", async () => {
  const cwd = emptyFolder();
  mkdirSync(join(cwd, 'mine'));
  writeFileSync(join(cwd, 'mine', 'index.html'), 'mine');
  const refused = await run(['demo', ...tinyDemo, '--out', 'mine'], { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /^neural-fields: --out 'mine': the folder has files that this program did not write; .* with --force\n$/,
  );
  expect(readdirSync(join(cwd, 'mine'))).toEqual(['index.html']);
  expect(readFileSync(join(cwd, 'mine', 'index.html'), 'utf8')).toBe('mine');

  const args = ['demo', ...tinyDemo, '--steps', '100000', '--out', 'page'];
  const first = start(args, { cwd });
  await first.saw(/step 1\//);
  const second = await run(args, { cwd });
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toMatch(/^neural-fields: cannot write '.*': another run \(process \d+\) is writing it/);
  first.child.kill('SIGHUP');
  expect((await first.finished).code).toBe(129);
  expect(existsSync(join(cwd, 'page', 'field.safetensors.checkpoint'))).toBe(true);
});

test('what the demonstration cannot do it says in one line', async () => {
  const cwd = emptyFolder();
  const large = await run(['demo', '--backend', 'cpu', '--size', '481'], { cwd });
  expect(large.code).toBe(2);
  expect(large.stderr).toContain('--size: wanted at most 480, the sides of the photograph, got 481');
  const nowhere = await run(['demo', '--out', '/dev/null/page'], { cwd });
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toMatch(/^neural-fields: cannot make the folder '\/dev\/null\/page'/);
});
