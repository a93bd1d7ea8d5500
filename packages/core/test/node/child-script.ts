import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const sources = ['atomic-file', 'file-error', 'process-alive'];

/**
 * Puts a script into `folder` that a plain Node process can run, with `writeFileAtomically` of the sources in scope.
 */
export const writeChildScript = (folder: string, body: string): string => {
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    rewriteRelativeImportExtensions: true,
  };
  for (const name of sources) {
    const source = readFileSync(new URL(`../../src/node/${name}.ts`, import.meta.url), 'utf8');
    writeFileSync(join(folder, `${name}.js`), ts.transpileModule(source, { compilerOptions }).outputText);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const script = join(folder, 'child.js');
  writeFileSync(script, `import { writeFileAtomically } from './atomic-file.js';\n${body}`);
  return script;
};
