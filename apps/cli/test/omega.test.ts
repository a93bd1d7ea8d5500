import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { run, tiny } from './cli.ts';
import { writePicture, writeSound } from './examples.ts';

test('--omega0 auto takes the factor from the signal, says why, and records the number', async () => {
  const cwd = emptyFolder();
  writeSound(cwd, 'a.wav', { length: 500, sampleRate: 100 });
  const fit = ['fit', 'a.wav', '-o', 'a.safetensors', ...tiny, '--omega0', 'auto', '--steps', '1'];
  expect((await run(fit, { cwd })).stderr).toMatch(
    /omega0 [\d.]+: the frequencies of the sound have a root mean square of [\d.]+ of 784 radians per unit, /,
  );
  const { network, settings } = jsonLines(await run([...fit, '--json'], { cwd }))[0] as {
    network: { layers: { activation: { omega: number } }[] };
    settings: { omega0: number };
  };
  expect(settings.omega0).toBeGreaterThan(1);
  expect(network.layers[0]?.activation.omega).toBe(settings.omega0);
});

test('--omega0 auto is for images and sounds, and for networks that have such a factor', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const fit = (...more: string[]) => run(['fit', 'a.png', '-o', 'a.safetensors', '--omega0', 'auto', ...more], { cwd });
  expect((await fit('--activation', 'relu')).stderr).toContain(
    '--omega0: it is for the activations sine and finer, not for relu',
  );
  expect((await fit('--network', 'wire')).stderr).toContain('--network: it excludes --omega0');
});
