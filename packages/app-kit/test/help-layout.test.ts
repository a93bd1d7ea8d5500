import { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { helpExamples } from '../src/options/help-layout.ts';
import { withErrorLines } from '../src/program.ts';

const command = (): Command => {
  const program = withErrorLines(new Command('example'), 'example').description('Shows how help is laid out.');
  program
    .addOption(
      new Option('-k, --kind-of-thing <name>', 'which of the kinds of things that there are is made, and how')
        .choices(['first', 'second', 'third', 'a-rather-long-name'])
        .default('first'),
    )
    .option('--short', 'short')
    .addHelpText('after', helpExamples([['example --short', 'makes a short one']]));
  return program;
};

const helpAt = (columns: number): string => {
  let text = '';
  const program = command();
  program.configureOutput({
    getOutHelpWidth: () => columns,
    writeOut: part => {
      text += part;
    },
  });
  program.outputHelp();
  return text;
};

/** The words of a text, without the line breaks that the layout adds. */
const words = (text: string): string[] => text.split(/\s+/);

test.each([120, 80, 60, 40])('help of %i columns breaks no word', columns => {
  const text = helpAt(columns);
  expect(text.split('\n').filter(line => line.length > columns)).toEqual([]);
  expect(words(text)).toEqual(words(helpAt(1000)));
});

test('a narrow terminal has descriptions under their options', () => {
  expect(helpAt(60)).toContain(
    '  -k, --kind-of-thing <name>\n      which of the kinds of things that there are is made,\n',
  );
  expect(helpAt(80)).toMatch(/ {2}-k, --kind-of-thing <name> {2}which of the kinds/);
  expect(words(helpAt(80)).join(' ')).toContain('(choices: first, second, third, a-rather-long-name; default: first)');
  expect(helpAt(80)).toContain('Examples:\n  # makes a short one\n  example --short');
});
