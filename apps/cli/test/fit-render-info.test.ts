import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFieldData, encodeSafetensors } from '@neural-fields/core/files';
import { decodeAudio, decodeImage, meanSquaredError, psnr } from '@neural-fields/signals';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { run, start, tiny } from './cli.ts';
import { element, writePicture, writeSound } from './examples.ts';

test('a picture is fitted, described and rendered, and what is rendered has the PSNR that was printed', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'disc.png', { width: 16, height: 12 });
  const steps = ['--steps', '150', '--learning-rate', '5e-3', '--schedule', 'cosine'];
  const fitted = await run(
    ['fit', 'disc.png', '-o', 'disc.safetensors', ...tiny, '--hidden-features', '24', ...steps],
    { cwd },
  );
  expect(fitted).toMatchObject({ code: 0 });
  const [, printed] =
    /^disc\.safetensors: an image of 16 x 12 pixels, 1 channel, PSNR (\d+\.\d+) dB, 150 steps in .+\n$/.exec(
      fitted.stdout,
    ) as RegExpExecArray;
  expect(Number(printed)).toBeGreaterThan(25);
  expect(readdirSync(cwd).sort()).toEqual(['disc.png', 'disc.safetensors']); // the checkpoint is gone

  const rendered = await run(
    ['render', 'disc.safetensors', '-o', 'again.png', '--bit-depth', '16', '--backend', 'cpu'],
    { cwd },
  );
  expect(rendered).toMatchObject({ code: 0 });
  expect(rendered.stdout).toMatch(/^again\.png: 16 x 12 pixels in /);
  const [before, after] = await Promise.all(
    ['disc.png', 'again.png'].map(name => decodeImage(readFileSync(join(cwd, name)), { channels: 'keep' })),
  );
  expect(after?.shape).toEqual([12, 16, 1]);
  // The picture is clipped to [0, 1], the figure is of the values as they are.
  expect(Math.abs(psnr(before as never, after as never) - Number(printed))).toBeLessThan(0.5);

  const { stdout } = await run(['info', 'disc.safetensors'], { cwd });
  expect(stdout).toContain('represents  an image of 16 x 12 pixels, 1 channel');
  expect(stdout).toMatch(
    /\n0 +dense +2 -> 24 +sine omega 30 +72\n1 +dense +24 -> 24 +sine omega 30 +600\n2 +dense +24 -> 1 +identity +25\n$/,
  );
  const [info] = jsonLines(await run(['info', 'disc.safetensors', '--json'], { cwd }));
  expect(info).toMatchObject({
    event: 'info',
    kind: 'field',
    parameters: 697,
    signal: { kind: 'image', width: 16, height: 12 },
  });
  expect(info?.['run']).toMatchObject({
    source: 'disc.png',
    backend: 'cpu',
    settings: { steps: 150, schedule: 'cosine' },
  });
});

test('a picture keeps its geometry: regions, sizes, formats, channels, aspect, derivatives', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'colour.webp', { width: 20, height: 10, channels: 4 });
  const options = ['--steps', '3', '--aspect', 'keep', '--grid', 'pixel-centred', '--seed', '3', '--quiet'];
  expect(await run(['fit', 'colour.webp', '-o', 'f.safetensors', ...tiny, ...options], { cwd })).toMatchObject({
    code: 0,
    stderr: '',
  });
  const { metadata } = decodeFieldData(readFileSync(join(cwd, 'f.safetensors')));
  expect(JSON.parse(metadata['signal'] as string)).toEqual({
    kind: 'image',
    width: 20,
    height: 10,
    channels: 4,
    convention: 'pixel-centred',
    spans: [
      [-0.5, 0.5],
      [-1, 1],
    ],
    range: [-1, 1],
  });
  const render = async (...args: string[]): ReturnType<typeof decodeImage> => {
    const output = args[0] as string;
    const result = await run(['render', 'f.safetensors', '--backend', 'cpu', '-o', ...args], { cwd });
    expect(result).toMatchObject({ code: 0 });
    return decodeImage(readFileSync(join(cwd, output)), { channels: 'keep' });
  };
  const [whole, part, large, laplacian, gradient] = await Promise.all([
    render('whole.png'),
    render('part.png', '--region', '0.25,0.2,0.75,0.7'),
    render('large.avif', '--size', '40'),
    render('laplacian.jpg', '--derivative', 'laplacian'),
    render('gradient.png', '--derivative', 'gradient', '--range', '0,100', '--bit-depth', '16'),
  ]);
  expect(whole.shape).toEqual([10, 20, 4]);
  expect(large.shape).toEqual([20, 40, 4]);
  expect([laplacian.shape, gradient.shape]).toEqual([
    [10, 20, 3],
    [10, 20, 3],
  ]);
  // A region that begins and ends on the edges of pixels has the same pixels as the whole.
  expect(part.shape).toEqual([5, 10, 4]);
  for (let y = 0; y < 5; y++)
    for (let x = 0; x < 10; x++) expect(element(part, y, x, 0)).toBeCloseTo(element(whole, y + 2, x + 5, 0), 5);
});

test('a sound is fitted and rendered at the sample rate of the file, or another', async () => {
  const cwd = emptyFolder();
  writeSound(cwd, 'tones.wav');
  const options = ['--steps', '150', '--learning-rate', '3e-3', '--omega0', '100', '--hidden-features', '24'];
  const fitted = await run(['fit', 'tones.wav', '-o', 'tones.safetensors', ...tiny, ...options], { cwd });
  expect(fitted).toMatchObject({ code: 0 });
  const [, snr] = /a sound of 400 samples at 8000 Hz \(0\.050 s\), 1 channel, .*SNR (\d+\.\d+) dB/.exec(
    fitted.stdout,
  ) as RegExpExecArray;
  expect(Number(snr)).toBeGreaterThan(15);
  const render = (...args: string[]): ReturnType<typeof run> =>
    run(['render', 'tones.safetensors', '--backend', 'cpu', '-o', ...args], { cwd });
  expect(await render('same.wav', '--bit-depth', '32')).toMatchObject({ code: 0 });
  expect(await render('half.wav', '--sample-rate', '4000')).toMatchObject({ code: 0 });
  const read = (name: string): ReturnType<typeof decodeAudio> => decodeAudio(readFileSync(join(cwd, name)));
  const [original, same, half] = [read('tones.wav'), read('same.wav'), read('half.wav')];
  const power = original.samples.data.reduce((sum, value) => sum + value ** 2, 0) / 400;
  expect(10 * Math.log10(power / meanSquaredError(original.samples, same.samples))).toBeCloseTo(Number(snr), 1);
  expect([half.samples.shape[0], half.sampleRate]).toEqual([200, 4000]);
});

test('--json writes one object a line and nothing else', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const result = await run(
    ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '4', '--report-every', '2', '--json'],
    {
      cwd,
    },
  );
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const lines = jsonLines(result);
  expect(lines.map(({ event }) => event)).toEqual(['start', 'progress', 'progress', 'done']);
  // A line for each step must stay short: it has figures, and not the field.
  expect(JSON.stringify(lines[1]).length).toBeLessThan(500);
  expect(lines[0]).toMatchObject({
    backend: 'cpu',
    reason: 'it was requested',
    resumedFrom: 0,
    settings: { batch: 'full', seed: 0 },
  });
  expect(lines[1]).toMatchObject({ step: 2, steps: 4 });
  expect(lines.at(-1)).toMatchObject({ output: 'a.safetensors', step: 4 });
  expect(lines.at(-1)?.['psnr']).toBeGreaterThan(0);
  const bad = await run(['fit', 'absent.png', '-o', 'a.safetensors', '--json'], { cwd });
  expect(jsonLines(bad)).toEqual([
    {
      event: 'error',
      message: "cannot read 'absent.png': there is no such file or folder",
      what: "cannot read 'absent.png'",
      problem: 'there is no such file or folder',
    },
  ]);
});

test('piped progress is some plain lines on stderr; the result is on stdout; --quiet leaves the result', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 30 });
  const args = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '60', '--size', '15'];
  const { stdout, stderr } = await run(args, { cwd });
  expect(stdout.split('\n')).toHaveLength(2);
  expect(stderr).not.toContain('\u001b');
  expect(stderr).toContain('shrunk from 30 x 10 to 15 x 5 pixels (bilinear, antialiased)');
  expect(stderr).toMatch(/backend cpu: it was requested/);
  const steps = stderr.split('\n').filter(line => line.startsWith('step '));
  expect(steps).toHaveLength(11); // the first, and every tenth of the way
  for (const line of steps.slice(0, -1))
    expect(line).toMatch(/^step \d+\/60 {2}PSNR \S+ dB {2}loss \S+ {2}\S+ steps\/s {2}.+ left$/);
  expect(stderr).not.toContain('TensorFlow.js');
  expect(await run([...args, '--quiet'], { cwd })).toMatchObject({ stderr: '' });
});

test('equal runs give equal files, other seeds others', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const fit = (name: string, seed: string): ReturnType<typeof run> =>
    run(['fit', 'a.png', '-o', name, ...tiny, '--steps', '3', '--seed', seed, '--batch', '7'], { cwd });
  await Promise.all([fit('1.safetensors', '5'), fit('2.safetensors', '5'), fit('3.safetensors', '6')]);
  const [first, second, third] = ['1', '2', '3'].map(name => readFileSync(join(cwd, `${name}.safetensors`)));
  expect(first?.equals(second as Buffer)).toBe(true);
  expect(first?.equals(third as Buffer)).toBe(false);
});

test('a field without metadata is rendered when its size is given, and a PyTorch state dict is known for what it is', async () => {
  const cwd = emptyFolder();
  const f32 = (shape: number[]): { shape: number[]; data: Float32Array } => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
  });
  const arrays = new Map([
    ['net.0.0.weight', f32([4, 2])],
    ['net.0.0.bias', f32([4])],
    ['net.1.0.weight', f32([1, 4])],
    ['net.1.0.bias', f32([1])],
  ]);
  writeFileSync(join(cwd, 'torch.safetensors'), encodeSafetensors(arrays));
  expect((await run(['info', 'torch.safetensors'], { cwd })).stdout).toContain(
    'a state dict of PyTorch (vsitzmann/siren modules)',
  );
  const without = await run(['render', 'torch.safetensors', '-o', 'x.png', '--backend', 'cpu'], { cwd });
  expect(without).toMatchObject({ code: 2 });
  expect(without.stderr).toContain('specify --size WIDTHxHEIGHT');
  expect(
    await run(['render', 'torch.safetensors', '-o', 'x.png', '--backend', 'cpu', '--size', '6x4'], { cwd }),
  ).toMatchObject({
    code: 0,
  });
  expect((await decodeImage(readFileSync(join(cwd, 'x.png')), { channels: 'keep' })).shape).toEqual([4, 6, 1]);
});

test('a stopped render leaves nothing behind', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  await run(['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '1'], { cwd });
  const running = start(['render', 'a.safetensors', '-o', 'large.png', '--size', '9000', '--backend', 'cpu'], { cwd });
  await running.saw(/row \d+\/7500/);
  running.child.kill('SIGINT');
  expect(await running.finished).toMatchObject({ code: 130, stdout: '' });
  expect(existsSync(join(cwd, 'large.png'))).toBe(false);
  expect(readdirSync(cwd).sort()).toEqual(['a.png', 'a.safetensors']);
});
