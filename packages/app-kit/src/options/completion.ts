/** @file Scripts with which shells complete the commands and options of a program. */
import type { Command, Option } from 'commander';

/** The shells that {@link completionScript} knows. */
export const completionShells = ['bash', 'zsh', 'fish'] as const;

/** One of {@link completionShells}. */
export type CompletionShell = (typeof completionShells)[number];

/** A command as a shell completes it. */
interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly Option[];
  /** The values that its first argument may have; empty if it is a file. */
  readonly words: readonly string[];
}

const commandsOf = (program: Command): readonly CompletedCommand[] =>
  program
    .createHelp()
    .visibleCommands(program)
    .filter(command => command.name() !== 'help')
    .map(command => ({
      name: command.name(),
      description: command.description(),
      options: command.createHelp().visibleOptions(command),
      words: command.registeredArguments[0]?.argChoices ?? [],
    }));

/** `-s` and `--steps`, or `--lr` and `--learning-rate`. */
const flagsOf = ({ short, long }: Option): readonly string[] => [short, long].filter(flag => flag !== undefined);

/** Quotes text with single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const functionName = (program: string): string => `_${program.replaceAll(/\W/g, '_')}`;

const bashScript = (program: string, commands: readonly CompletedCommand[]): string => {
  const reply = (words: readonly string[]): string => `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$cur"))`;
  const choices = commands.flatMap(({ name, options }) =>
    options
      .filter(({ argChoices }) => argChoices)
      .map(option => {
        const patterns = flagsOf(option).map(flag => quoted(`${name} ${flag}`));
        return `    ${patterns.join(' | ')}) ${reply(option.argChoices ?? [])}; return ;;`;
      }),
  );
  const flags = commands.map(({ name, options }) => `      ${name}) ${reply(options.flatMap(flagsOf))} ;;`);
  const words = commands
    .filter(command => command.words.length > 0)
    .map(({ name, words: ofArgument }) => `    ${name}) ${reply(ofArgument)} ;;`);
  return [
    `${functionName(program)}() {`,
    `  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}`,
    '  COMPREPLY=()',
    `  if ((COMP_CWORD == 1)); then ${reply(commands.map(({ name }) => name))}; return; fi`,
    '  case "$command $prev" in',
    ...choices,
    '  esac',
    '  if [[ $cur == -* ]]; then',
    '    case $command in',
    ...flags,
    '    esac',
    '    return',
    '  fi',
    '  case $command in',
    ...words,
    '  esac',
    '}',
    `complete -o default -F ${functionName(program)} ${program}`,
  ].join('\n');
};

const zshScript = (program: string, commands: readonly CompletedCommand[]): string => {
  const escapeSpec = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');
  const argumentOf = (option: Option): readonly string[] => {
    const choices = option.argChoices ? `(${option.argChoices.join(' ')})` : '_files';
    const value = option.required || option.optional ? `:value:${choices}` : '';
    return flagsOf(option).map(flag => quoted(`${flag}[${escapeSpec(option.description)}]${value}`));
  };
  return [
    `#compdef ${program}`,
    `${functionName(program)}() {`,
    '  if ((CURRENT == 2)); then',
    '    local -a commands=(',
    ...commands.map(({ name, description }) => `      ${quoted(`${name}:${escapeSpec(description)}`)}`),
    '    )',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    `  local command=\${words[2]}`,
    `  words=("\${words[@]:1}")`,
    '  ((CURRENT--))',
    '  case $command in',
    ...commands.map(({ name, options, words }) => {
      const operand = quoted(words.length > 0 ? `*:word:(${words.join(' ')})` : '*:file:_files');
      return `    ${name}) _arguments ${[...options.flatMap(argumentOf), operand].join(' ')} ;;`;
    }),
    '  esac',
    '}',
    `compdef ${functionName(program)} ${program}`,
  ].join('\n');
};

const fishScript = (program: string, commands: readonly CompletedCommand[]): string => {
  const lines = commands.flatMap(({ name, description, options, words }) => {
    const within = `complete -c ${program} -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c ${program} -f -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
      ...(words.length > 0 ? [`${within} -f -a ${quoted(words.join(' '))}`] : []),
      ...options.map(option => {
        const flags = flagsOf(option).map(flag =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const value = option.argChoices
          ? ` -x -a ${quoted(option.argChoices.join(' '))}`
          : option.required || option.optional
            ? ' -r'
            : '';
        return `${within} ${flags.join(' ')}${value} -d ${quoted(option.description)}`;
      }),
    ];
  });
  return lines.join('\n');
};

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** The script with which a shell completes a program: its commands, their options, and the choices of these. */
export const completionScript = (shell: CompletionShell, program: Command): string =>
  scripts[shell](program.name(), commandsOf(program));
