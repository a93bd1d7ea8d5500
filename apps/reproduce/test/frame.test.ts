import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, InterruptedError, UsageError } from '@neural-fields/app-kit';
import type { Field } from '@neural-fields/core';
import { decodeFieldData } from '@neural-fields/core/files';
import { memory } from '@tensorflow/tfjs-core';
import { parseHTML } from 'linkedom';
import { expect, onTestFinished, test } from 'vitest';
import type { Experiment } from '../src/frame/experiment.ts';
import { findExperiments } from '../src/run-reproduce.ts';
import { reproduce, toy } from './toy.ts';

const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-reproduce-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const steady = { good: 1e-3, better: 2e-3 };

test('a run leaves results, pictures, plots, files, fields and a report that needs nothing else', async () => {
  const folder = emptyFolder();
  const said = await reproduce([toy(steady)], { folder });
  expect(readdirSync(folder).sort()).toEqual(['.neural-fields-results', 'index.html', 'toy']);
  expect(readdirSync(join(folder, 'toy')).sort()).toEqual(
    ['fits', 'grey.png', 'index.html', 'loss.svg', 'results.json', 'slope.svg', 'words.txt'].sort(),
  );
  expect(readdirSync(join(folder, 'toy', 'fits')).sort()).toEqual(
    ['better.curve.jsonl', 'better.safetensors', 'good.curve.jsonl', 'good.safetensors'].sort(),
  );
  const results = JSON.parse(readFileSync(join(folder, 'toy', 'results.json'), 'utf8'));
  expect(results).toMatchObject({
    id: 'toy',
    profile: 'quick',
    settings: { steps: 5, seed: 0, size: 8 },
    backend: { name: 'cpu' },
    checks: [
      { what: 'fits', verdict: 'met' },
      { obtained: 1, verdict: 'missed' },
    ],
    fits: [
      { name: 'good', steps: 5 },
      { name: 'better', steps: 5 },
    ],
  });
  const curve = readFileSync(join(folder, 'toy', 'fits', 'good.curve.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  expect(curve.map(text => JSON.parse(text).step)).toEqual([1, 2, 3, 4, 5]);

  expect(said.results).toContain(
    'toy: 1 missed, 0.0 s of fitting'.replace('0.0 s', said.results.at(-3)?.match(/, (.+) of/)?.[1] ?? ''),
  );
  expect(said.results.join('\n')).toMatch(/something that is missed \(dB\) +3\.00 +>= 2\.00 +1\.00 +MISSED/);
  const { document } = parseHTML(readFileSync(join(folder, 'index.html'), 'utf8'));
  expect(document.querySelectorAll('script, link, iframe')).toHaveLength(0);
  for (const image of document.querySelectorAll('img'))
    expect(image.getAttribute('src')).toMatch(/^data:image\/png;base64,/);
  expect(document.querySelectorAll('svg')).toHaveLength(2);
  expect(document.body.textContent).toContain('A <toy>');
  expect(document.body.textContent).toContain('it must be <seen>');
  expect(document.body.textContent).toContain('1 of 2 expectations met.');
});

test('one learning rate for all takes the place of those of the networks', async () => {
  const folder = emptyFolder();
  const own = toy(steady);
  const { quick } = own.profiles;
  const rated: Experiment = { ...own, profiles: { ...own.profiles, quick: { ...quick, learningRates: { good: 5 } } } };
  await reproduce([rated], { folder, learningRate: 0.25 });
  const { settings } = JSON.parse(readFileSync(join(folder, 'toy', 'results.json'), 'utf8'));
  expect(settings).toMatchObject({ learningRate: 0.25 });
  expect(settings).not.toHaveProperty('learningRates');
  await reproduce([rated], { folder, restart: true });
  expect(JSON.parse(readFileSync(join(folder, 'toy', 'results.json'), 'utf8')).settings.learningRates).toEqual({
    good: 5,
  });
});

test('what is finished is not done again, and what is new is', async () => {
  const folder = emptyFolder();
  await reproduce([toy(steady)], { folder, networks: ['good'] });
  const file = join(folder, 'toy', 'fits', 'good.safetensors');
  const { mtimeMs } = statSync(file);
  const said = await reproduce([toy(steady)], { folder });
  expect(statSync(file).mtimeMs).toBe(mtimeMs);
  expect(said.events.filter(({ event, data }) => event === 'progress' && data['fit'] === 'good')).toEqual([]);
  expect(said.events.filter(({ event, data }) => event === 'progress' && data['fit'] === 'better')).toHaveLength(5);
  const again = await reproduce([toy(steady)], { folder, restart: true });
  expect(again.events.filter(({ event }) => event === 'progress')).toHaveLength(10);
  // Equal runs have equal parameters.
  expect(statSync(file).mtimeMs).toBeGreaterThan(mtimeMs);
});

test('a fit of another run is not taken for this one', async () => {
  const folder = emptyFolder();
  await reproduce([toy(steady)], { folder });
  await expect(reproduce([toy(steady)], { folder, seed: 1 })).rejects.toThrow(InputError);
  await expect(reproduce([toy(steady)], { folder, seed: 1 })).rejects.toThrow(
    /is of another run: its seed is 0, and this run's is 1; .*--restart/,
  );
  await expect(reproduce([toy({ ...steady, good: 3 })], { folder })).rejects.toThrow(/its optimizer is .*0\.001/);
  writeFileSync(join(folder, 'toy', 'fits', 'good.safetensors'), 'rubbish');
  await expect(reproduce([toy(steady)], { folder })).rejects.toThrow(/cannot read '.*good\.safetensors'/);
  expect((await reproduce([toy(steady)], { folder, restart: true })).warnings).toEqual([]);
});

test('one fit that diverges is reported, keeps its last good field, and does not stop the others', async () => {
  const folder = emptyFolder();
  const wild = toy({ wild: 1e30, good: 1e-3 });
  const said = await reproduce([wild], { folder });
  expect(said.warnings.slice(0, -1).every(line => /^the loss jumped to .* with half the/.test(line))).toBe(true);
  expect(said.warnings.length).toBeLessThanOrEqual(3);
  expect(said.warnings.at(-1)).toMatch(/^WILD: .*diverged at step \d/);
  expect(said.results.join('\n')).toContain('WILD diverged');
  const results = JSON.parse(readFileSync(join(folder, 'toy', 'results.json'), 'utf8'));
  expect(results.fits[0].diverged).toContain('diverged');
  expect(results.fits[0].steps).toBeLessThan(5);
  expect(results.fits[1]).toMatchObject({ name: 'good', steps: 5 });
  const { parameters } = decodeFieldData(readFileSync(join(folder, 'toy', 'fits', 'wild.safetensors')));
  for (const { data } of parameters.values()) expect(data.every(Number.isFinite)).toBe(true);
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).toContain('Diverged: WILD.');
  // It has ended: it is not tried again.
  const again = await reproduce([wild], { folder });
  expect(again.events.filter(({ event }) => event === 'progress')).toEqual([]);
  expect(again.results.join('\n')).toContain('WILD diverged');
});

test('a run that is stopped while it measures saves its step, and measures it when it goes on', async () => {
  let stops = 0;
  const watched = (stopAt: number): Experiment => ({
    ...toy({ good: 1e-3 }),
    prepare: async context => {
      const plan = await toy({ good: 1e-3 }).prepare(context);
      let measured = 0;
      const measure = async (field: Field): Promise<number> => {
        if (++measured === stopAt) {
          stops += 1;
          process.emit('SIGHUP');
        }
        context.signal.throwIfAborted();
        return Object.values(field.parameters)[0]?.dataSync()[0] ?? 0;
      };
      return { ...plan, fits: plan.fits.map(fit => ({ ...fit, watch: { everySteps: 2, measure } })) };
    },
  });
  const curveIn = (folder: string): unknown[] =>
    readFileSync(join(folder, 'toy', 'fits', 'good.curve.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => ({ ...JSON.parse(line), seconds: 0 }));
  const [whole, parts] = [emptyFolder(), emptyFolder()];
  await reproduce([watched(0)], { folder: whole });
  await expect(reproduce([watched(1)], { folder: parts })).rejects.toThrow(InterruptedError);
  expect(stops).toBe(1);
  expect(existsSync(join(parts, 'toy', 'fits', 'good.checkpoint'))).toBe(true);
  const { logs } = await reproduce([watched(0)], { folder: parts });
  expect(logs).toContain('resumes from step 2');
  expect(curveIn(parts)).toEqual(curveIn(whole));
  expect(curveIn(parts)[1]).toHaveProperty('watched');
});

test('a paper-sized run says how long it will take before it starts', async () => {
  const said = await reproduce([toy(steady)], { folder: emptyFolder(), profile: 'paper' });
  const estimate = said.events.findIndex(({ event }) => event === 'estimate');
  expect(said.events[estimate]?.data['seconds']).toBeGreaterThan(0);
  expect(estimate).toBeLessThan(said.events.findIndex(({ event }) => event === 'progress'));
  expect(said.logs.join('\n')).toMatch(/GOOD: .+ s per step, so .+ for 50 steps/);
});

test('nothing is left in memory', async () => {
  const folder = emptyFolder();
  await reproduce([toy(steady)], { folder });
  const before = memory().numTensors;
  await reproduce([toy({ ...steady, wild: 1e30 })], { folder, profile: 'paper', restart: true });
  await reproduce([toy({ ...steady, wild: 1e30 })], { folder, profile: 'paper' });
  await expect(reproduce([toy(steady)], { folder })).rejects.toThrow(InputError);
  expect(memory().numTensors).toBe(before);
});

test('bad requests are refused before any work', async () => {
  const folder = join(emptyFolder(), 'new');
  expect(() => findExperiments(['siren-imagine'])).toThrow(UsageError);
  expect(() => findExperiments(['siren-imagine'])).toThrow(
    /^there is no experiment 'siren-imagine'; did you mean 'siren-image'\?$/,
  );
  expect(() => findExperiments(['everything'])).toThrow(
    /there is no experiment 'everything'; the experiments are .*siren-image.*, and all/,
  );
  expect(() => findExperiments(['all', 'siren-image'])).toThrow('all: it excludes the names of experiments');
  await expect(reproduce([toy(steady)], { folder, networks: ['bad'] })).rejects.toThrow(
    "--networks: toy has no network 'bad'; it has good, better",
  );
  for (const size of [{ longest: 3 }, { width: 8, height: 1001 }])
    await expect(reproduce([toy(steady)], { folder, size })).rejects.toThrow(
      `--size: wanted 4 to 1,000 for toy, got ${'longest' in size ? 3 : '1,001'}`,
    );
  const taking: Experiment = { ...toy(steady), takes: ['image'] };
  await expect(reproduce([taking], { folder, image: join(folder, 'toy', 'a.png') })).rejects.toThrow(
    /^--image '.*a\.png': it is in the output folder '/,
  );
  await expect(reproduce([toy(steady)], { folder, networks: ['beter'] })).rejects.toThrow(
    "--networks: toy has no network 'beter'; did you mean 'better'?",
  );
  await expect(reproduce([toy(steady)], { folder, image: 'a.png' })).rejects.toThrow(
    '--image: none of these experiments has it',
  );
  expect(existsSync(folder)).toBe(false);
});
