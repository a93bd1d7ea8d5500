import { mkdir, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectReadmeExample, firstExample, matchesPromise, promisedLines, runReadmeExample } from '../src/readme.ts';

const readme = new URL('./fixtures/README.md', import.meta.url);

const broken = async (name: string, block: string): Promise<URL> => {
  await mkdir(`.test/${name}`, { recursive: true });
  await writeFile(`.test/${name}/README.md`, `\`\`\`ts\n${block}\n\`\`\`\n`);
  return pathToFileURL(`.test/${name}/README.md`);
};

describe('runReadmeExample', () => {
  it('runs the first ts block, with types, top-level await and the package by name', async () => {
    const lines = await runReadmeExample(readme);
    expect(lines).toEqual(['shape [ 2, 3 ]', `pi is ${Math.PI}`, 'let x = 1;', 'first', 'second']);
  });

  it('runs the block again when asked again', async () => {
    expect(await runReadmeExample(readme)).toEqual(await runReadmeExample(readme));
  });

  it('rethrows an error of the example and restores the console', async () => {
    const { log } = console;
    const throws = await broken('throws', "console.log('before'); throw new RangeError('from the example');");
    await expect(runReadmeExample(throws)).rejects.toThrow('from the example');
    expect(console).toHaveProperty('log', log);
  });
});

describe('expectReadmeExample', () => {
  it('accepts an example with the stated output', () => expectReadmeExample(readme));

  it.each([
    ['a wrong number', 'console.log(1.5); // prints: 1.7', /prints: {3}1\.5\n {2}promised: 1\.7/],
    ['a line that is not stated', 'console.log(1); // prints: 1\nconsole.log(2);', /line 2.*\n.*2\n.*\(nothing\)/],
    ['a line that is not printed', 'console.log(1);\n// prints: 1\n// prints: 2', /line 2.*\n.*\(nothing\)\n.*2/],
    ['no stated output', 'export {};', /promises nothing/],
  ])('rejects %s', async (name, block, message) => {
    await expect(expectReadmeExample(await broken(name.replaceAll(' ', '-'), block))).rejects.toThrow(message);
  });
});

describe('the helpers', () => {
  it('needs a ts block', () => {
    expect(() => firstExample('# nothing\n```sh\nls\n```\n')).toThrow(RangeError);
  });

  it('reads the stated lines in order', () => {
    expect(promisedLines('f(); // prints: a 1\n// prints: b\n// other')).toEqual(['a 1', 'b']);
  });

  it.each([
    ['loss 0.01234', 'loss 0.012', true],
    ['loss 0.0134', 'loss 0.012', false],
    ['0.0130', '0.012', true], // a difference of one in the last shown digit
    ['psnr 35.9 dB', 'psnr 35.9 dB', true],
    ['psnr 35.9 dB', 'psnr 35.9 dB!', false],
    ['36.4', '36', true],
    ['37', '36', false],
    ['1.26e-7', '1.3e-7', true],
    ['1.26e-6', '1.3e-7', false],
    ['-0.5', '0.5', false],
    ['NaN', '0.5', false],
    ['[ 2,  3 ]', '[ 2, 3 ]', true],
    ['[ 2, 3, 4 ]', '[ 2, 3 ]', false],
  ])('%s against %s: %s', (actual, expected, kept) => {
    expect(matchesPromise(actual, expected)).toBe(kept);
  });
});

it('prints the output stated in this package', () => expectReadmeExample(new URL('../README.md', import.meta.url)));
