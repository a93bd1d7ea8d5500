/** @file `neural-fields list`: the networks that `fit --network` offers. */
import { createOutput, helpExamples } from '@neural-fields/app-kit';
import { type NetworkPreset, networkPresets } from '@neural-fields/networks';
import { Argument, type Command } from 'commander';

/** What can be listed. */
const LISTS = ['networks'] as const;

const optionsOf = ({ options }: NetworkPreset): string =>
  Object.entries(options)
    .map(
      ([name, option]) =>
        `${name}=${typeof option.default === 'number' ? Number(option.default.toPrecision(4)) : option.default}`,
    )
    .join(', ');

/** Adds the command. */
export const addListCommand = (program: Command): void => {
  program
    .command('list')
    .description('List the networks of the literature, with their papers, options and defaults.')
    .addArgument(new Argument('<what>', 'what to list').choices(LISTS))
    .option('--json', 'one JSON object per line on stdout instead of text')
    .addHelpText('after', helpExamples([['neural-fields list networks', 'what fit --network takes']]))
    .action((_: (typeof LISTS)[number], options: { readonly json?: boolean }) => {
      const output = createOutput(options);
      for (const preset of networkPresets) {
        const { name, title, reference, training, differences } = preset;
        output.event('network', { name, title, reference, options: preset.options, training, differences });
        output.result(`${name}: ${title}`);
        output.result(`  ${reference}`);
        output.result(`  ${optionsOf(preset)}`);
      }
    });
};
