import { io, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { loadFieldData, saveFieldData } from '../../src/files.ts';
import { createField, fieldFromData, readField, siren } from '../../src/index.ts';
import './setup-backends.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 });

test.each(['indexeddb://field', 'localstorage://field'])('a field survives %s', async url => {
  const field = createField(spec, { seed: 3 });
  await saveFieldData(await readField(field), url);
  const again = fieldFromData(await loadFieldData(url));
  expect(again.spec).toEqual(field.spec);
  const coords = tensor2d([[0.1, -0.4]]);
  expect(await again.evaluate(coords).data()).toEqual(await field.evaluate(coords).data());
});

test('a downloaded field can be loaded from its files', async () => {
  const data = await readField(createField(spec, { seed: 4 }));
  const links: { readonly name: string; readonly url: string }[] = [];
  // Chromium would ask where to put them: take the links that the handler clicks instead.
  const click = HTMLAnchorElement.prototype.dispatchEvent;
  HTMLAnchorElement.prototype.dispatchEvent = function (this: HTMLAnchorElement) {
    links.push({ name: this.download, url: this.href });
    return true;
  };
  try {
    await saveFieldData(data, 'downloads://picture');
  } finally {
    HTMLAnchorElement.prototype.dispatchEvent = click;
  }
  expect(links.map(({ name }) => name).sort()).toEqual(['picture.json', 'picture.weights.bin']);
  const files = await Promise.all(
    [...links]
      .sort((a, b) => a.name.localeCompare(b.name))
      .map(async ({ name, url }) => new File([await (await fetch(url)).blob()], name)),
  );
  const again = await loadFieldData(io.browserFiles(files));
  expect(again.spec).toEqual(data.spec);
  expect(again.parameters).toEqual(data.parameters);
});
