/**
 * @file Commands of separate programs: if their package is installed, it gets all arguments after the command's name.
 */
import { explanationOf, InputError, importOptional, MissingPackageError } from '@neural-fields/app-kit';
import type { Command } from 'commander';

/** What an app's package exports. */
interface AppModule {
  /** Runs the app as this process's program, and sets the exit code. */
  readonly run: (args: readonly string[], options: { readonly invokedAs: string }) => Promise<void>;
}

const NAME = 'reproduce';
const PACKAGE = '@neural-fields/reproduce';

const load = async (): Promise<AppModule> => (await importOptional(`${PACKAGE}/program`)) as AppModule;

/**
 * The function that runs the app which the arguments name; `undefined` if they name none, or if the app cannot be
 * loaded: its command then explains why.
 */
export const findApp = async (args: readonly string[]): Promise<(() => Promise<void>) | undefined> => {
  const [first, second] = args;
  const isHelp = first === 'help' && second === NAME;
  if (first !== NAME && !isHelp) return undefined;
  const app = await load().catch(() => undefined);
  return app && (() => app.run(isHelp ? ['--help'] : args.slice(1), { invokedAs: `neural-fields ${NAME}` }));
};

const explainMissing = async (): Promise<void> => {
  try {
    await load();
  } catch (cause) {
    const explanation =
      cause instanceof MissingPackageError
        ? { problem: `${PACKAGE} is not installed`, hint: `npm install --global ${PACKAGE}` }
        : explanationOf(cause);
    throw new InputError({ what: NAME, ...explanation }, { cause });
  }
};

/** Adds a command for each app; if the app is not installed, the command says how to install it. */
export const addAppCommands = (program: Command): void => {
  program
    .command(NAME)
    .description(`Run experiments of papers, and compare the results with the published ones (the package ${PACKAGE}).`)
    .argument('[experiments...]', 'list, all, or the names of experiments')
    .allowUnknownOption()
    .action(explainMissing);
};
