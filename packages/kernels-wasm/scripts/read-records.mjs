// Generates the layout of the records of assembly/ and its integer constants for TypeScript: field offsets come from
// the compiler, and values from the module.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { main } from 'assemblyscript/asc';

const FIELD_TYPES = new Set(['i32', 'u32', 'usize', 'f32']);

/**
 * @param {string} text of a file of assembly/
 * @param {string} file for messages
 */
function declarationsOf(text, file) {
  const classes = [...text.matchAll(/@unmanaged\nexport class (\w+) \{\n([\s\S]*?)\n\}/g)].map(([, name, body]) => ({
    name,
    fields: [...body.matchAll(/^ {2}(\w+): (\w+);$/gm)].map(([, field, type]) => {
      if (!FIELD_TYPES.has(type))
        throw new Error(`${file}: ${name}.${field} must have a type of four bytes, got ${type}`);
      return { name: field, type };
    }),
  }));
  const constants = [...text.matchAll(/^export const ([A-Z][A-Z0-9_]*): i32 = /gm)].map(([, name]) => name);
  return { classes, constants };
}

/**
 * @param {string} assembly the folder
 * @param {readonly string[]} files
 * @param {string} folder for temporary files
 * @param {readonly string[]} flags of the compiler
 * @returns the text of `src/generated/records.ts`
 */
export async function readRecords(assembly, files, folder, flags) {
  const parts = files.map(file => ({ file, ...declarationsOf(readFileSync(file, 'utf8'), file) }));
  const names = parts.flatMap(({ classes, constants }) => [...classes.map(({ name }) => name), ...constants]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`assembly: ${twice} is defined in two files`);
  const entry = parts
    .flatMap(({ file, classes, constants }) => [
      `import { ${[...classes.map(({ name }) => name), ...constants].join(', ')} } from './${relative(assembly, file).replace(/\.ts$/, '')}';`,
      ...classes.flatMap(({ name, fields }) => [
        `export const ${name}__bytes: i32 = offsetof<${name}>();`,
        ...fields.map(field => `export const ${name}_${field.name}: i32 = offsetof<${name}>('${field.name}');`),
      ]),
      ...constants.map(name => `export const value_${name}: i32 = ${name};`),
    ])
    .filter(line => !line.startsWith('import {  }'))
    .join('\n');
  const output = join(folder, 'records.wasm');
  /** @param {string} name @param {string} base */
  const readFile = (name, base) => {
    if (name === 'records.ts') return entry;
    try {
      return readFileSync(join(base, name), 'utf8');
    } catch {
      return null;
    }
  };
  const { error, stderr } = await main(
    ['records.ts', '--baseDir', assembly, '--outFile', relative(assembly, output), ...flags],
    {
      readFile,
    },
  );
  if (error) throw new Error(`${stderr}`, { cause: error });
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  const { instance } = await WebAssembly.instantiate(readFileSync(output), {
    env: { memory, sin: Math.sin, cos: Math.cos },
  });
  /** @param {string} name */
  const numberOf = name => {
    const global = instance.exports[name];
    if (!(global instanceof WebAssembly.Global)) throw new Error(`assembly: ${name} is not an exported constant`);
    return global.value;
  };
  const records = parts
    .flatMap(({ classes }) => classes)
    .map(
      ({ name, fields }) => `  ${name}: {
    bytes: ${numberOf(`${name}__bytes`)},
    fields: {
${fields.map(field => `      ${field.name}: { offset: ${numberOf(`${name}_${field.name}`)}, type: '${field.type}' },`).join('\n')}
    },
  },`,
    );
  const constants = parts.flatMap(part => part.constants).map(name => `  ${name}: ${numberOf(`value_${name}`)},`);
  return `// Made from assembly/ by scripts/build-wasm.mjs.

/** The memory layout of the classes of assembly/. */
export const records = {
${records.join('\n')}
} as const;

/** The integer constants of assembly/. */
export const constants = {
${constants.join('\n')}
} as const;
`;
}
