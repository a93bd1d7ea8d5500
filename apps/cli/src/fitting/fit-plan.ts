/** @file Which files a command fits, and where each field goes. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InputError, UsageError } from '@neural-fields/app-kit';
import { STANDARD_STREAM } from '@neural-fields/app-kit/files';
import { systemErrorReason } from '@neural-fields/core/node';

/** A file to fit, and the file for its field. */
export interface PlannedFit {
  readonly input: string;
  readonly output: string;
}

/** The fits of a command. */
export interface FitPlan {
  readonly fits: readonly PlannedFit[];
  /** Whether the output is a folder, which holds one field for each input. */
  readonly isBatch: boolean;
}

/** The extensions of files that are picked from a folder. Files that are named are read whatever their extension. */
const EXTENSIONS = ['png', 'jpg', 'jpeg', 'webp', 'avif', 'wav', 'ply', 'obj', 'stl', 'xyz'];

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

/** The files of a folder that can be fitted, by name. @throws InputError when there are none */
const filesIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(cause => {
    throw new InputError({ what: `cannot read the folder '${folder}'`, problem: systemErrorReason(cause) }, { cause });
  });
  const names = entries
    .filter(entry => !entry.isDirectory() && EXTENSIONS.includes(extname(entry.name).slice(1).toLowerCase()))
    .map(entry => entry.name)
    .sort();
  if (names.length === 0)
    throw new InputError({
      what: `the folder '${folder}'`,
      problem: `it has no file that can be fitted (.${EXTENSIONS.join(', .')})`,
    });
  return names.map(name => join(folder, name));
};

/** @throws UsageError when two inputs would be written to one file */
const assertApart = (fits: readonly PlannedFit[]): void => {
  // Some file systems are case-insensitive.
  const inputs = new Map<string, string>();
  for (const { input, output } of fits) {
    const key = output.toLowerCase();
    const other = inputs.get(key);
    if (other !== undefined)
      throw new UsageError({
        what: `'${other}' and '${input}'`,
        problem: `both would be written to '${output}'`,
        hint: 'fit one of them to another folder',
      });
    inputs.set(key, input);
  }
};

/** Where the field of a file goes if it is not said: to the current folder. */
const fieldName = (input: string): string => `${basename(input, extname(input))}.safetensors`;

/**
 * The plan without `--output`.
 *
 * @throws UsageError when there is not one file, InputError when the field's file exists: nothing says that it may be
 *   overwritten
 */
const planFit = async (inputs: readonly string[], { force }: { readonly force: boolean }): Promise<FitPlan> => {
  const [input, ...others] = inputs as readonly [string, ...string[]];
  if (others.length > 0 || input === STANDARD_STREAM || (await isFolder(input)))
    throw new UsageError({
      what: '--output',
      problem: 'it can only be left out for one file',
      hint: input === STANDARD_STREAM ? '-o names the field file' : '-o names the folder of the fields',
    });
  const output = fieldName(input);
  if (!force && (await stat(output).catch(() => undefined)) !== undefined)
    throw new InputError({
      what: `'${output}'`,
      problem: 'it exists',
      hint: '-o names another file for the field, --force overwrites it',
    });
  return { fits: [{ input, output }], isBatch: false };
};

/**
 * Plans the fit of one file to a file, or of several files and folders to a folder, which is created if it is missing.
 *
 * @param output if absent, the field of `photo.jpg` is `photo.safetensors` in the current folder
 * @throws UsageError when several inputs have no output folder, or two of them would be written to the same file;
 *   InputError when a folder cannot be read or created, or a file that was not named exists
 */
export const planFits = async (
  inputs: readonly string[],
  { output, force = false }: { readonly output?: string | undefined; readonly force?: boolean | undefined },
): Promise<FitPlan> => {
  if (output === undefined) return planFit(inputs, { force });
  const areFolders = await Promise.all(inputs.map(isFolder));
  const isBatch = inputs.length > 1 || areFolders.includes(true) || /[/\\]$/.test(output) || (await isFolder(output));
  const [first] = inputs as readonly [string, ...string[]];
  if (!isBatch) return { fits: [{ input: first, output }], isBatch };
  if (inputs.includes(STANDARD_STREAM))
    throw new UsageError({
      what: '- (stdin)',
      problem: 'it can only be fitted alone, and to an --output that is a file',
    });
  const existing = await stat(output).catch(() => undefined);
  if (existing ? !existing.isDirectory() : extname(output) === '.safetensors')
    throw new UsageError({ what: '--output', wanted: 'a folder for several inputs', got: `'${output}'` });
  const files: string[] = [];
  for (const [i, input] of inputs.entries()) files.push(...(areFolders[i] ? await filesIn(input) : [input]));
  const fits = files.map(input => ({
    input,
    output: join(output, fieldName(input)),
  }));
  assertApart(fits);
  await mkdir(output, { recursive: true }).catch(cause => {
    throw new InputError({ what: `cannot make the folder '${output}'`, problem: systemErrorReason(cause) }, { cause });
  });
  return { fits, isBatch };
};
