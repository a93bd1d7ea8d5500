/** @file `neural-fields completion`: prints a shell completion script for commands and options. */
import {
  type CompletionShell,
  completionScript,
  completionShells,
  createOutput,
  helpExamples,
} from '@neural-fields/app-kit';
import { Argument, type Command } from 'commander';

/** Adds the command. */
export const addCompletionCommand = (program: Command): void => {
  program
    .command('completion')
    .description('Print a script that completes commands and options in a shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(completionShells))
    .addHelpText(
      'after',
      helpExamples([
        ['source <(neural-fields completion bash)', 'in ~/.bashrc'],
        ['source <(neural-fields completion zsh)', 'in ~/.zshrc, after compinit'],
        ['neural-fields completion fish | source', 'in ~/.config/fish/config.fish'],
      ]),
    )
    .action((shell: CompletionShell) => {
      const output = createOutput({});
      for (const line of completionScript(shell, program).split('\n')) output.result(line);
    });
};
