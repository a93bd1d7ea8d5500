/** @file The layout of help: no line is wider than the terminal, and no word is broken. */
import { Help, type HelpConfiguration, type Option } from 'commander';

/** The minimum number of columns at which a description stands beside its term, and not under it. */
const MIN_COLUMNS_BESIDE = 76;
const INDENT = '  ';
const UNDER_INDENT = 6;
/** Commander does not wrap text narrower than this, and leaves it to the terminal to break words. */
const MIN_WRAP_WIDTH = 20;

const defaultOf = (option: Option): string | undefined =>
  option.defaultValue === undefined || option.isBoolean() ? undefined : `default: ${String(option.defaultValue)}`;

/** The description of an option, with its choices and its default in parentheses. */
export const describeOption = (option: Option): string => {
  const choices = option.argChoices && `choices: ${option.argChoices.join(', ')}`;
  const remarks = [choices, defaultOf(option)].filter(remark => remark !== undefined);
  return remarks.length === 0 ? option.description : `${option.description} (${remarks.join('; ')})`;
};

/** Commander's help for terminals of any width. */
export const helpLayout: HelpConfiguration = {
  minWidthToWrap: MIN_WRAP_WIDTH,
  optionDescription: describeOption,
  formatItem(term, termWidth, description, helper) {
    const columns = helper.helpWidth ?? 80;
    if (columns >= MIN_COLUMNS_BESIDE || description === '')
      return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
    const under = ' '.repeat(UNDER_INDENT);
    const lines = helper.boxWrap(description, Math.max(MIN_WRAP_WIDTH, columns - UNDER_INDENT)).split('\n');
    return [`${INDENT}${term}`, ...lines.map(line => `${under}${line}`)].join('\n');
  },
};

/**
 * Examples for the end of a command's help, each with a description.
 *
 * @param examples pairs of a command line and a sentence; a command line has at most 56 characters, so that it fits a
 *   narrow terminal too
 */
export const helpExamples = (examples: readonly (readonly [command: string, what: string])[]): string =>
  ['', 'Examples:', ...examples.flatMap(([command, what]) => [`  # ${what}`, `  ${command}`])].join('\n');
