/** @file Options that experiments declare for themselves. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { integer, UsageError } from '@neural-fields/app-kit';
import { jsonLines } from '@neural-fields/testing/programs';
import { expect, onTestFinished, test } from 'vitest';
import { createProgram } from '../src/command.ts';
import { experiments } from '../src/experiments.ts';
import type { Experiment, ExperimentContext } from '../src/frame/experiment.ts';
import { ownOptionsOf } from '../src/frame/own-options.ts';
import { run } from './program.ts';
import { reproduce, toy } from './toy.ts';

const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-own-options-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A toy with an option, and the contexts that it is prepared with. */
const withOption = (): { experiment: Experiment; contexts: ExperimentContext[] } => {
  const contexts: ExperimentContext[] = [];
  const plain = toy({ good: 1e-3 });
  const experiment: Experiment<'turns'> = {
    ...plain,
    options: {
      turns: { what: 'turns of <the> toy', argument: '<n>', parse: integer(1), values: { quick: 3, paper: 30 } },
    },
    prepare: context => {
      contexts.push(context);
      return plain.prepare(context);
    },
  };
  return { experiment, contexts };
};

test('the profile says what the command line does not, and results and report have it', async () => {
  const { experiment, contexts } = withOption();
  const folder = emptyFolder();
  await reproduce([experiment], { folder });
  await reproduce([experiment], { folder: emptyFolder(), profile: 'paper' });
  await reproduce([experiment], { folder: emptyFolder(), own: { turns: 7 } });
  expect(contexts.map(({ settings, unchanged }) => [settings.own, unchanged])).toEqual([
    [{ turns: 3 }, true],
    [{ turns: 30 }, true],
    [{ turns: 7 }, false],
  ]);
  const results = JSON.parse(readFileSync(join(folder, 'toy', 'results.json'), 'utf8'));
  expect(results.settings.own).toEqual({ turns: 3 });
  expect(readFileSync(join(folder, 'toy', 'index.html'), 'utf8')).toMatch(/turns of &lt;the&gt; toy.*3/s);
});

test('one that no chosen experiment has declared is refused; one that some have is left out of the others', async () => {
  const { experiment, contexts } = withOption();
  const other = { ...toy({ good: 1e-3 }), id: 'other' };
  await expect(reproduce([other], { folder: emptyFolder(), own: { turns: 7 } })).rejects.toThrow(
    new UsageError({ what: '--turns', problem: 'none of these experiments has it' }),
  );
  const folder = emptyFolder();
  await reproduce([experiment, other], { folder, own: { turns: 7 } });
  expect(contexts[0]?.settings.own).toEqual({ turns: 7 });
  expect(JSON.parse(readFileSync(join(folder, 'other', 'results.json'), 'utf8')).settings.own).toEqual({});
});

test('the options of the experiments have one meaning each, take their own values, and stand in the help', () => {
  const shared = ownOptionsOf(experiments);
  const digits = [
    'prior-set-encoder',
    'prior-conv-encoder',
    'prior-interpolation',
    'meta-initialisation',
    'functa-classification',
  ];
  expect(shared.map(({ name, takenBy }) => [name, takenBy])).toEqual([
    ['rbfFeatures', ['siren-image', 'siren-helmholtz']],
    ['knownShare', ['siren-inpainting']],
    ['variationWeight', ['siren-helmholtz-inversion']],
    ['signalsPerStep', digits],
    ['heldOutSignals', digits],
    [
      'heldOutShare',
      [
        'tuner-initialisation',
        'tuner-bounds',
        'tuner-frequencies',
        'tuner-spectral-choice',
        'tuner-learned-bounds',
        'tuner-pruning',
        'tuner-criteria',
        'tuner-add-prune',
        'tuner-kodak',
        'tuner-comparison',
      ],
    ],
    ['seeds', ['tuner-criteria', 'tuner-comparison']],
    ['keptShare', ['tuner-criteria']],
  ]);
  for (const { options = {} } of experiments)
    for (const [name, { what, argument, parse, values }] of Object.entries(options)) {
      const { option } = shared.find(one => one.name === name) as (typeof shared)[number];
      expect([what, argument]).toEqual([option.what, option.argument]);
      for (const value of Object.values(values)) expect(parse(String(value))).toBe(value);
    }
  const help = createProgram({ invokedAs: 'reproduce', args: [] }).command.helpInformation();
  expect(help).toMatch(/For some experiments:\n +--rbf-features <n> /);
});

test('the command line hands them on', async () => {
  const cwd = emptyFolder();
  const small = ['--networks', 'relu-rbf', '--size', '8', '--steps', '2', '--hidden-features', '4', '--backend', 'cpu'];
  const fitted = await run(['siren-image', ...small, '--rbf-features', '5', '--json', '-o', 'out'], { cwd });
  const result = jsonLines(fitted).find(({ event }) => event === 'result') as {
    settings: object;
    fits: { parameters: number }[];
  };
  expect(result.settings).toMatchObject({ own: { rbfFeatures: 5 } });
  // 5 functions of two coordinates and a width, 5 to 4 features, three times 4 to 4, and 4 to 1, with biases.
  expect(result.fits[0]?.parameters).toBe(5 * 3 + 5 * 4 + 4 + 3 * (4 * 4 + 4) + 4 + 1);
  expect(await run(['siren-audio', '--rbf-features', '5'], { cwd })).toMatchObject({
    code: 2,
    stderr: 'neural-fields-reproduce: --rbf-features: none of these experiments has it\n',
  });
  expect((await run(['siren-inpainting', '--known-share', '1'], { cwd })).code).toBe(2);
});
