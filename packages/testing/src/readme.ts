/**
 * @file Runs the examples of READMEs, so that they stay correct.
 *
 * The first `ts` block of a README is written into the package's folder and imported by vitest, which compiles it and
 * resolves `@neural-fields/*` to sources, including the package itself. A comment states each line that the block logs:
 *
 *     console.log('loss', loss.toFixed(3)); // prints: loss 0.012
 */

const TS_BLOCK = /^(`{3,})(?:ts|typescript)\b[^\n]*\n([\s\S]*?)^\1/gm;
const INSTALL_LINE = /^npm install ([^#\n]+)/gm;
const IMPORT = /\b(?:from|import)\s*\(?\s*'([^']+)'/g;
const PROMISE = /\/\/ prints: ?(.*)$/gm;
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/g;

/**
 * The first `ts` block of a Markdown text.
 *
 * @throws RangeError when there is none
 */
export const firstExample = (markdown: string): string => {
  const [block] = examplesOf(markdown);
  if (block === undefined) throw new RangeError('readme: wanted a ```ts block, found none');
  return block;
};

/** Every `ts` block of a Markdown text, in order. */
export const examplesOf = (markdown: string): string[] =>
  [...markdown.matchAll(TS_BLOCK)].map(match => match[2] as string);

/** What follows `npm install` in each line that begins with it, in order; options such as `--save-dev` included. */
export const installLines = (markdown: string): string[] =>
  [...markdown.matchAll(INSTALL_LINE)].map(match => (match[1] as string).trim());

/** The packages that a block imports, each once: `@neural-fields/core` for `@neural-fields/core/node`. */
export const importedPackages = (example: string): string[] => {
  const names = [...example.matchAll(IMPORT)].map(match => match[1] as string);
  const packages = names
    .filter(name => !/^(node:|\.)/.test(name))
    .map(name => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? '');
  return [...new Set(packages)];
};

/** The lines that a block states as its output, in order: the text after each `// prints: `. */
export const promisedLines = (example: string): string[] =>
  [...example.matchAll(PROMISE)].map(match => (match[1] as string).trimEnd());

const sameNumber = (actual: string, expected: string): boolean => {
  if (actual === expected) return true;
  const [mantissa, exponent] = expected.toLowerCase().split('e') as [string, string | undefined];
  const decimals = mantissa.includes('.') ? mantissa.length - mantissa.indexOf('.') - 1 : 0;
  const unit = 10 ** (Number(exponent ?? 0) - decimals);
  const allowed = decimals === 0 && exponent === undefined ? 0.5 : 1;
  return Math.abs(Number(actual) - Number(expected)) <= unit * allowed * (1 + 1e-9);
};

/**
 * Whether a printed line matches the stated one: equal text, and numbers that agree to the digits shown.
 *
 * An integer must be equal after rounding. A number with decimals or an exponent may differ by one in its last shown
 * digit, because a float32 result can be on either side of the rounding boundary. Runs of spaces are treated as one.
 */
export const matchesPromise = (actual: string, expected: string): boolean => {
  const squeeze = (line: string): string => line.trim().replace(/\s+/g, ' ');
  const [a, e] = [squeeze(actual), squeeze(expected)];
  if (a.replace(NUMBER, '#') !== e.replace(NUMBER, '#')) return false;
  const actualNumbers = a.match(NUMBER) ?? [];
  return (e.match(NUMBER) ?? []).every((number, i) => sameNumber(actualNumbers[i] as string, number));
};

/**
 * Where printed lines differ from what a block promises; `undefined` where they do not.
 *
 * @param actual the lines that the block printed
 */
export const differenceFromPromises = (actual: readonly string[], example: string): string | undefined => {
  const expected = promisedLines(example);
  for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
    const [a, e] = [actual[i], expected[i]];
    if (a === undefined || e === undefined || !matchesPromise(a, e))
      return `line ${i + 1} of the example's output\n  prints:   ${a ?? '(nothing)'}\n  promised: ${e ?? '(nothing)'}`;
  }
  return undefined;
};

/**
 * Runs the first `ts` block of a README and returns the lines that it logged with `console.log`.
 *
 * Call it inside vitest. The block is written to `.test/readme-example.ts` beside the README, so it can import the
 * package's dependencies, and the package itself by name; its working directory is that of the test. Errors of the
 * block are rethrown.
 *
 * @param readme the URL of the file, e.g. `new URL('../README.md', import.meta.url)`
 * @throws RangeError when the README has no `ts` block
 */
export const runReadmeExample = async (readme: URL): Promise<string[]> => {
  // Imported here, so that a browser can load this module.
  const { mkdir, readFile, writeFile } = await import('node:fs/promises');
  const { fileURLToPath } = await import('node:url');
  const { format } = await import('node:util');
  const folder = fileURLToPath(new URL('.test/', readme));
  await mkdir(folder, { recursive: true });
  const file = `${folder}readme-example.ts`;
  await writeFile(file, firstExample(await readFile(readme, 'utf8')));

  const lines: string[] = [];
  const { log } = console;
  console.log = (...values: unknown[]) => lines.push(...format(...values).split('\n'));
  try {
    // The query makes it a new module each time, since a module runs only once.
    await import(/* @vite-ignore */ `${file}?run=${Math.round(performance.now() * 1e6)}`);
  } finally {
    console.log = log;
  }
  return lines;
};

/**
 * Runs a README's first example and compares what it logs with its `// prints: ` comments, one comment for each line.
 *
 * @throws Error that shows the first line that differs
 */
export const expectReadmeExample = async (readme: URL): Promise<void> => {
  const actual = await runReadmeExample(readme);
  const { readFile } = await import('node:fs/promises');
  const example = firstExample(await readFile(readme, 'utf8'));
  if (promisedLines(example).length === 0)
    throw new Error(`${readme.pathname}: the example promises nothing; add "// prints: ..." comments`);
  const difference = differenceFromPromises(actual, example);
  if (difference !== undefined) throw new Error(`${readme.pathname}: ${difference}`);
};
