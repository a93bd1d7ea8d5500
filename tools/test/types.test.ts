/** @file One program checks the types of all packages, which share most of what it reads; none may be left out. */
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { listProjects, root } from '../lib/projects.mjs';

const parse = (file: string): ts.ParsedCommandLine => {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, file),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: diagnostic => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
      },
    },
  );
  if (!config) throw new Error(`${file} cannot be read`);
  return config;
};

/** What the types depend on, without where files are. */
const rulesOf = ({ configFilePath, pathsBasePath, rootDir, ...rules }: ts.CompilerOptions): ts.CompilerOptions => rules;

const whole = parse('tsconfig.json');

it.each(
  listProjects()
    .filter(({ directory }) => directory !== 'tools')
    .map(({ directory }) => directory),
)('covers %s by the same rules', directory => {
  const { fileNames, options } = parse(`${directory}/tsconfig.json`);
  expect(fileNames.length).toBeGreaterThan(0);
  const covered = new Set(whole.fileNames);
  expect(fileNames.filter(name => !covered.has(name))).toEqual([]);
  expect(rulesOf(options)).toEqual(rulesOf(whole.options));
});
