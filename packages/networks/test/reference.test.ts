/** @file docs/networks.md lists every preset as the registry has it; `vitest run -u` of this file writes it. */
import { expect, it } from 'vitest';
import { type NetworkPreset, networkPresets } from '../src/index.ts';

const INTRODUCTION = `# @neural-fields/networks: reference

Every preset with its options and their defaults, how its paper trains it, and where it differs from the authors'
network. This page is written by a test of the package from its registry.

Coordinates are in [-1, 1]. \`hiddenLayers\` counts hidden-to-hidden layers: 3 make four activations and a linear layer.
All papers use Adam. A learning rate that "falls to" a factor does so geometrically, over all steps. The programs of
this repository fit values in [-1, 1] whatever the range of the paper.
`;

const round = (value: number): string => String(Number(value.toPrecision(4)));

/** Paragraphs in lines of up to 120 columns. */
const wrapped = (text: string): string => {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) as string;
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= 120) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
};

const table = (rows: readonly (readonly string[])[]): string => rows.map(row => `| ${row.join(' | ')} |\n`).join('');

const sectionOf = ({ name, title, reference, options, training, differences }: NetworkPreset): string => {
  const { learningRate, finalFactor, adam, steps, batch, valueRange } = training;
  const rate = `Adam ${learningRate}${finalFactor === undefined ? '' : `, falls to ${finalFactor} of that`}`;
  const others = Object.entries(adam ?? {}).map(([key, value]) => `, ${key} ${value}`);
  const points = batch === 'full' ? 'all points' : `${batch} points`;
  const rows = Object.entries(options).map(([key, option]) => [
    `\`${key}\``,
    option.kind === 'choice' ? option.default : round(option.default),
    option.kind === 'choice' ? `${option.description}: ${option.choices.join(', ')}` : option.description,
  ]);
  return [
    `## \`${name}\`: ${title}\n\n${wrapped(`${reference}.`)}\n\n`,
    table([['option', 'default', 'meaning'], ['---', '---', '---'], ...rows]),
    `\n${wrapped(`Training: ${rate}${others.join('')}; ${steps} steps of ${points}; values in [${valueRange.join(', ')}].`)}\n`,
    ...(differences.length > 0 ? [`\n${wrapped(`Differences: ${differences.join('; ')}.`)}\n`] : []),
  ].join('');
};

it('docs/networks.md lists every preset', async () => {
  const text = [INTRODUCTION, ...networkPresets.map(sectionOf)].join('\n');
  await expect(text).toMatchFileSnapshot('../../../docs/networks.md');
});
