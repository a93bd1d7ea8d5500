/** @file `neural-fields report`: writes a page about an existing field. */
import { type CommonOptions, commandLine, helpExamples, outputOf, withCommonOptions } from '@neural-fields/app-kit';
import { withOutputs } from '@neural-fields/app-kit/files';
import type { Command } from 'commander';
import { loadFieldAloud } from '../files/load-field.ts';
import { pageOf } from '../recording/options.ts';

/** The options as commander gives them. */
interface ReportCommandOptions extends CommonOptions {
  readonly output?: string;
  readonly source?: string;
  readonly history?: string;
  readonly force?: boolean;
}

const action = async (path: string, options: ReportCommandOptions): Promise<void> => {
  const { source, history, force } = options;
  const output = outputOf(options);
  const page = options.output ?? pageOf(path);
  const inputs = [path, ...(source === undefined ? [] : [source]), ...(history === undefined ? [] : [history])];
  const outputs = [{ option: '--output', path: page, kinds: ['html'] as const }];
  await withOutputs({ inputs, outputs, force }, output, async () => {
    const loaded = await loadFieldAloud(path, {}, output);
    // Imported lazily, so that the other commands do not load the plotting code.
    const { reportField } = await import('../page/report-field.ts');
    const command = commandLine('neural-fields', process.argv.slice(2));
    await reportField(loaded, { ...options, path, page, command }, output);
  });
};

/** Adds the command. */
export const addReportCommand = (program: Command): void => {
  const command = program
    .command('report')
    .description('Write an HTML page that shows a field: its values, derivatives, details, spectra and settings.')
    .argument('<field>', 'the field file, or a checkpoint')
    .option('-o, --output <file>', 'the page to write (default: <field>.html)')
    .option('--source <file>', 'the file that was fitted, to compare the field with')
    .option('--history <file>', 'the log of fit --log, for the training curve')
    .option('--force', 'overwrites a file that this program did not write')
    .addHelpText(
      'after',
      helpExamples([
        ['neural-fields report photo.safetensors', 'only the field'],
        ['neural-fields report p.safetensors --source photo.jpg', 'the field and its photograph'],
      ]),
    );
  withCommonOptions(command).action(action);
};
