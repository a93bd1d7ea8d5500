/** @file Pages about one's own fits. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFieldData, encodeFieldData } from '@neural-fields/core/files';
import { decodeAudio, decodeImage, denseArray, encodeImage } from '@neural-fields/signals';
import { emptyFolder } from '@neural-fields/testing/programs';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { snapshotSteps } from '../src/recording/snapshots.ts';
import { run, start, tiny } from './cli.ts';
import { writePicture, writeSound } from './examples.ts';

const readPage = (path: string): Document => {
  const html = readFileSync(path, 'utf8');
  // Without the pictures, whose base64 may hold any letters, and the script.
  const written = html.replace(/data:[a-z/]+;base64,[\w+/=]*/g, 'data:').replace(/<script>.*<\/script>/s, '');
  expect(/.{0,40}(undefined|NaN|\[object).{0,40}/.exec(written)?.[0]).toBeUndefined();
  expect(/(src|href)="(?!data:|#).{0,40}/.exec(written)?.[0]).toBeUndefined();
  return parseHTML(html).document;
};

const bytesOf = (element: Element | null | undefined): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from((element?.getAttribute('src') ?? '').replace(/^data:[^,]*,/, ''), 'base64'));

const headings = (page: Document): (string | null)[] => [...page.querySelectorAll('h2')].map(each => each.textContent);

const stepLabels = (page: Document): string[] =>
  JSON.parse(page.querySelector('.steps-figure')?.getAttribute('data-labels') ?? '[]') as string[];

test('the page of an image shows the original beside the field, the steps of the fit and the settings', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 24, height: 16, channels: 3 });
  const args = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '40', '--page'];
  const result = await run(args, { cwd });
  expect(result.code).toBe(0);
  expect(result.stderr).toContain("draws the page 'a.safetensors.html'");
  expect(readdirSync(cwd).sort()).toEqual(['a.png', 'a.safetensors', 'a.safetensors.html']);
  const page = readPage(join(cwd, 'a.safetensors.html'));
  expect(headings(page)).toEqual([
    'The original and the field',
    'How it learned',
    'Between the pixels',
    'Derivatives',
    'Spectra',
    'How this was made',
  ]);
  // What is compared is the original itself, to the bit, and what `render` draws.
  const [original, field] = page.querySelectorAll('.compare img');
  const source = await decodeImage(readFileSync(join(cwd, 'a.png')), { channels: 'rgb' });
  expect((await decodeImage(bytesOf(original), { channels: 'rgb' })).data).toEqual(source.data);
  await run(['render', 'a.safetensors', '-o', 'b.png', '--backend', 'cpu'], { cwd });
  const rendered = await decodeImage(readFileSync(join(cwd, 'b.png')), { channels: 'rgb' });
  expect((await decodeImage(bytesOf(field), { channels: 'rgb' })).data).toEqual(rendered.data);
  const labels = stepLabels(page);
  expect(labels[0]).toMatch(/^step 1: PSNR \d+\.\d\d dB$/);
  expect(labels.at(-1)).toMatch(/^step 40: PSNR/);
  expect(page.querySelectorAll('.steps-pictures img')).toHaveLength(labels.length);
  expect(page.querySelectorAll('.steps line')).toHaveLength(labels.length);
  expect(page.querySelector('pre')?.textContent).toBe(`neural-fields ${args.join(' ')}`);
  expect(page.body.textContent).toContain('an image of 24 x 16 pixels, 3 channels');

  // A page of our own is replaced; another file is not.
  writeFileSync(join(cwd, 'mine.html'), '<!doctype html><p>mine');
  const refused = await run([...args, 'mine.html'], { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /--page 'mine\.html': the file exists and is not an HTML page that this program wrote; overwrite it with --force/,
  );
  expect(readFileSync(join(cwd, 'mine.html'), 'utf8')).toBe('<!doctype html><p>mine');
  const named = await run([...args, 'a.txt'], { cwd });
  expect(named).toMatchObject({ code: 2 });
  expect(named.stderr).toContain("--page: wanted a name that ends in .html, .htm, got 'a.txt'");
});

test('a resumed fit has a page of the whole fit', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const args = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '600', '--page', 'p.html'];
  const running = start(args, { cwd });
  await running.saw(/step 120\//);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(130);
  expect(existsSync(join(cwd, 'p.html'))).toBe(false);
  expect((await run(args, { cwd })).code).toBe(0);
  const steps = stepLabels(readPage(join(cwd, 'p.html'))).map(label => Number(/^step (\d+)/.exec(label)?.[1]));
  expect(steps).toEqual(snapshotSteps(600));
  expect(readdirSync(cwd).sort()).toEqual(['a.png', 'a.safetensors', 'p.html']);
});

test('a large image is shown smaller, and its values are read where they lie', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'large.png', { width: 2400, height: 1300, channels: 3 });
  const args = ['fit', 'large.png', '-o', 'f.safetensors', ...tiny, '--steps', '2', '--batch', '100', '--page'];
  expect((await run(args, { cwd })).code).toBe(0);
  const path = join(cwd, 'f.safetensors.html');
  expect(statSync(path).size).toBeLessThan(3e6);
  const page = readPage(path);
  const { shape } = await decodeImage(bytesOf(page.querySelector('.compare img')));
  expect(shape.slice(0, 2)).toEqual([433, 800]);
  // The middles of blocks of 3 pixels on a grid from -1 to 1: the first lies at pixel 1 of 0 ... 2399.
  const [first, last] = (page.querySelector('.stage')?.getAttribute('data-x') ?? '').split(' ').map(Number);
  expect(page.querySelector('.stage')?.getAttribute('data-block')).toBe('3');
  expect(first).toBeCloseTo(-1 + 2 / 2399, 12);
  expect(last).toBeCloseTo(1 - 2 / 2399, 12);
});

test('the page of a sound has waveforms, spectrograms and players', async () => {
  const cwd = emptyFolder();
  writeSound(cwd, 'a.wav', { length: 900 });
  const args = ['fit', 'a.wav', '-o', 'a.safetensors', ...tiny, '--steps', '20', '--page', 'p.html'];
  expect((await run(args, { cwd })).code).toBe(0);
  const page = readPage(join(cwd, 'p.html'));
  expect(headings(page)).toEqual(['Listen', 'Waveforms', 'Spectrogram', 'How it learned', 'How this was made']);
  const [original, field] = page.querySelectorAll('audio');
  const source = decodeAudio(readFileSync(join(cwd, 'a.wav')));
  const played = decodeAudio(bytesOf(original));
  expect(played.sampleRate).toBe(source.sampleRate);
  expect(played.samples.data.length).toBe(900);
  for (const [i, sample] of source.samples.data.entries())
    expect(Math.abs((played.samples.data[i] as number) - sample)).toBeLessThan(2 ** -14);
  expect(decodeAudio(bytesOf(field)).samples.data.length).toBe(900);
  expect(page.querySelectorAll('svg')).toHaveLength(4);
});

/** A box from -1 to 1, of 12 triangles. */
const BOX = `${[0, 1, 2, 3, 4, 5, 6, 7].map(i => `v ${i & 1 ? 1 : -1} ${i & 2 ? 1 : -1} ${i & 4 ? 1 : -1}`).join('\n')}
f 1 3 4\nf 1 4 2\nf 5 6 8\nf 5 8 7\nf 1 2 6\nf 1 6 5\nf 3 7 8\nf 3 8 4\nf 1 5 7\nf 1 7 3\nf 2 4 8\nf 2 8 6\n`;

test('the page of a shape has views of the surface and the errors', async () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'box.obj'), BOX);
  const shape = ['--batch', '200', '--preview-every', '0'];
  const args = ['fit', 'box.obj', '-o', 'b.safetensors', ...tiny, ...shape, '--steps', '30', '--page', 'p.html'];
  expect((await run(args, { cwd })).code).toBe(0);
  const page = readPage(join(cwd, 'p.html'));
  expect(headings(page).slice(1)).toEqual(['How it learned', 'Distances', 'Errors', 'How this was made']);
  expect(stepLabels(page).length).toBeGreaterThan(5);

  // The same field without the fit: no history, but the surface; with the file also the errors.
  const alone = await run(['report', 'b.safetensors', '--backend', 'cpu'], { cwd });
  expect(alone).toMatchObject({ code: 0, stdout: 'b.safetensors.html\n' });
  expect(headings(readPage(join(cwd, 'b.safetensors.html'))).slice(1)).toEqual([
    'Distances',
    'Errors',
    'How this was made',
  ]);
  const beside = await run(['report', 'b.safetensors', '--source', 'box.obj', '-o', 'q.html', '--backend', 'cpu'], {
    cwd,
  });
  expect(beside.code).toBe(0);
  const errors = (name: string): (string | null)[] =>
    [...readPage(join(cwd, name)).querySelectorAll('.measured td')].slice(0, 3).map(cell => cell.textContent);
  expect(errors('q.html')).toEqual(errors('p.html'));
});

test('report takes the part of a sound that was fitted', async () => {
  const cwd = emptyFolder();
  writeSound(cwd, 'a.wav', { length: 900 });
  const { sampleRate, samples } = decodeAudio(readFileSync(join(cwd, 'a.wav')));
  const part = ['--start', String(200 / sampleRate), '--duration', String(300 / sampleRate)];
  const fit = ['fit', 'a.wav', '-o', 'a.safetensors', ...tiny, '--steps', '4', ...part];
  expect((await run(fit, { cwd })).code).toBe(0);
  const reported = await run(['report', 'a.safetensors', '--source', 'a.wav', '--backend', 'cpu'], { cwd });
  expect(reported).toMatchObject({ code: 0 });
  const page = readPage(join(cwd, 'a.safetensors.html'));
  const played = decodeAudio(bytesOf(page.querySelector('audio'))).samples.data;
  expect(played.length).toBe(300);
  for (const [i, sample] of [...played].entries())
    expect(Math.abs(sample - (samples.data[200 + i] as number))).toBeLessThan(2 ** -14);
});

/** An image of one colour. */
const flat = denseArray(new Float32Array(20 * 12).fill(0.5), [12, 20, 1]);

test('report shows a field alone, beside its source and with its history', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 20, height: 12 });
  await writePicture(cwd, 'other.png', { width: 8, height: 8 });
  const fit = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '10', '--log', 'a.jsonl', '--size', '10'];
  expect((await run(fit, { cwd })).code).toBe(0);
  const report = (...more: string[]): ReturnType<typeof run> =>
    run(['report', 'a.safetensors', '--backend', 'cpu', ...more], { cwd });
  expect((await report()).code).toBe(0);
  const alone = readPage(join(cwd, 'a.safetensors.html'));
  expect(alone.querySelectorAll('.compare, .steps-figure')).toHaveLength(0);
  expect(headings(alone)).toContain('The field');
  const whole = await report('--source', 'a.png', '--history', 'a.jsonl', '-o', 'b.html');
  expect(whole.code).toBe(0);
  const page = readPage(join(cwd, 'b.html'));
  expect(page.querySelectorAll('.compare')).toHaveLength(1);
  expect(headings(page)).toContain('How it learned');
  expect(whole.stderr).not.toContain('warning');
  // The PSNR is measured again, and is that of the fit.
  const psnr = (document: Document): string | null | undefined => document.querySelector('.numbers dd')?.textContent;
  expect(psnr(page)).toBe(psnr(alone));

  // Another file of the same size is compared, with a warning that names both.
  writeFileSync(join(cwd, 'similar.png'), await encodeImage(flat, { format: 'png' }));
  const similar = await report('--source', 'similar.png', '-o', 'd.html');
  expect(similar.code).toBe(0);
  expect(similar.stderr).toMatch(
    /warning: --source 'similar\.png' is not what the field was fitted to: 'a\.png' has other/,
  );

  const other = await report('--source', 'other.png', '-o', 'c.html');
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(/--source 'other\.png': wanted an image of 10 x 6 pixels, .*, got 8 x 8 pixels/);
  const history = await report('--history', 'a.png', '-o', 'c.html');
  expect(history.stderr).toContain("--history 'a.png': it has no line of the log of a fit");
  expect(existsSync(join(cwd, 'c.html'))).toBe(false);
});

test('report reads a damaged source as the fit did, and does not mistake another decoder for another file', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.jpg', { width: 48, height: 32, channels: 3 });
  const whole = readFileSync(join(cwd, 'a.jpg'));
  writeFileSync(join(cwd, 'a.jpg'), whole.subarray(0, whole.length - 60));
  const fit = ['fit', 'a.jpg', '-o', 'a.safetensors', ...tiny, '--steps', '4', '--allow-damaged'];
  expect(await run(fit, { cwd })).toMatchObject({ code: 0 });
  const report = (field: string): ReturnType<typeof run> =>
    run(['report', field, '--source', 'a.jpg', '--backend', 'cpu'], { cwd });
  const reported = await report('a.safetensors');
  expect(reported).toMatchObject({ code: 0 });
  expect(reported.stderr).toMatch(/warning: --source 'a\.jpg': .*the readable part is used/);
  expect(reported.stderr).not.toContain('is not what the field was fitted to');

  // The hash of the values is that of another decoder; then that of the file differs, too.
  const { metadata, state: _, ...data } = decodeFieldData(readFileSync(join(cwd, 'a.safetensors')));
  const record = JSON.parse(metadata['run'] as string) as Record<string, unknown>;
  const withRun = async (changes: Record<string, string>): Promise<string> => {
    const text = JSON.stringify({ ...record, ...changes });
    writeFileSync(join(cwd, 'b.safetensors'), encodeFieldData(data, { metadata: { ...metadata, run: text } }));
    return (await report('b.safetensors')).stderr;
  };
  expect(await withRun({ sha256: 'other' })).not.toContain('is not what the field was fitted to');
  expect(await withRun({ sha256: 'other', fileSha256: 'other' })).toContain('is not what the field was fitted to');
});
