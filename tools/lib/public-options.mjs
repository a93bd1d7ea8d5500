import { join } from 'node:path';
import ts from 'typescript';
import { listPublicProjects, root } from './projects.mjs';

/**
 * A parameter of a public function that takes an object with options.
 *
 * @typedef {object} OptionsParameter
 * @property {string} folder Of the package.
 * @property {string} module As it is imported.
 * @property {string} file The source of that module.
 * @property {string} name Of the function.
 * @property {number} index Of the parameter.
 */

/** Names of types that hold options. */
const OPTIONS = /(Options|Size|Selection|Limits)\b|^\{/;

/** Type literals that are data, by the name of the parameter. */
const DATA = new Set(['audio', 'soup']);

/** Losses call it for every chunk, with an object that they write themselves. */
const EXEMPT = new Set(['findTarget']);

/**
 * The parameters with options of all public functions, found by the compiler, so that none is forgotten.
 *
 * @returns {OptionsParameter[]}
 */
export function findOptions() {
  const modules = listPublicProjects()
    .filter(({ directory }) => directory.startsWith('packages/'))
    .flatMap(({ directory, manifest }) =>
      Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
        const source = typeof target === 'object' ? target['@neural-fields/source'] : undefined;
        // A backend is written with these two; they take what core hands them.
        if (source === undefined || /^\.\/(kernels|layers|machine|thread|options)$/.test(subpath)) return [];
        return [{ folder: directory, module: manifest.name + subpath.slice(1), file: join(root, directory, source) }];
      }),
    );
  const config = ts.parseJsonConfigFileContent(
    { extends: join(root, 'tsconfig.base.json'), compilerOptions: { isolatedDeclarations: false, declaration: false } },
    ts.sys,
    root,
  );
  const program = ts.createProgram(
    modules.map(({ file }) => file),
    config.options,
  );
  const checker = program.getTypeChecker();
  return modules.flatMap(module => {
    const file = program.getSourceFile(module.file);
    const symbol = file && checker.getSymbolAtLocation(file);
    return (symbol ? checker.getExportsOfModule(symbol) : []).flatMap(exported => {
      if (EXEMPT.has(exported.name)) return [];
      const real = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      return parametersOf(real.valueDeclaration).flatMap(({ name, type }, index) => {
        const isOptions = OPTIONS.test(type?.getText() ?? '') && !DATA.has(name.getText());
        return isOptions ? [{ ...module, name: exported.name, index }] : [];
      });
    });
  });
}

/**
 * @param {import('typescript').Declaration | undefined} declaration
 * @returns {readonly import('typescript').ParameterDeclaration[]}
 */
function parametersOf(declaration) {
  if (declaration === undefined) return [];
  if (ts.isFunctionDeclaration(declaration)) return declaration.parameters;
  const value = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  return value && ts.isArrowFunction(value) ? value.parameters : [];
}
