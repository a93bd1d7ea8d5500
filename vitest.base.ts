import { existsSync, readdirSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { chromiumArguments, findChromium } from './tools/chromium.ts';
import { type Outcome, resultReporter } from './tools/result-reporter.ts';

const source = '@neural-fields/source';
const nodeFiles = 'test/**/*.test.ts';
const browserFiles = 'test/**/*.browser.test.ts';

type TestOptions = NonNullable<ViteUserConfig['test']>;

/** What a package may change, and its files that must not share a process, by path. */
type PackageOptions = TestOptions & { readonly alone?: readonly string[] };

/**
 * The test settings that every package shares: sources instead of builds, and a result file that the totals are counted
 * from. `test/**\/*.browser.test.ts` run in a real Chromium, everything else in Node. Without a Chromium the browser
 * files are listed as skipped, except where CI is set: there it is an error.
 *
 * To import TensorFlow.js and core takes longer than most files of tests. With `isolate: false` the files that run in
 * Node share a process and what they have imported; every file must then choose its backend, and undo what it registers
 * or replaces. The files of `alone` have a process each all the same.
 */
export const tests = ({ alone = [], ...options }: PackageOptions = {}): ViteUserConfig => {
  const inBrowser = listBrowserFiles();
  const chromium = findChromium();
  const left: Outcome[] = [];
  const projects: NonNullable<TestOptions['projects']> = [
    { extends: true, test: { name: 'node', include: [nodeFiles], exclude: [browserFiles, ...alone] } },
  ];
  if (alone.length > 0) projects.push({ extends: true, test: { name: 'alone', include: [...alone], isolate: true } });
  if ('path' in chromium && inBrowser.length > 0) projects.push(browserProject(chromium.path));
  if ('missing' in chromium && inBrowser.length > 0) {
    if (process.env['CI']) throw new Error(`browser tests must run where CI is set, but there is ${chromium.missing}`);
    for (const file of inBrowser) left.push({ name: file, state: 'skipped', reason: chromium.missing });
  }
  return defineConfig({
    resolve: { conditions: [source, ...defaultClientConditions] },
    ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
    test: {
      projects,
      passWithNoTests: left.length > 0,
      // tfjs-core's gradient files import each other without extensions, which only Vite resolves.
      server: { deps: { inline: [/@tensorflow\/tfjs-core\/dist\/(?!tf-core)/] } },
      // nx asks for colours; programs that tests start would print them among what the tests read.
      env: { FORCE_COLOR: '0' },
      // Tests that start programs wait for them on machines that are busy with something else, too.
      testTimeout: 180_000,
      hookTimeout: 180_000,
      reporters: ['default', resultReporter({ outputFile: '.test/results.json', known: left })],
      // tfjs advertises its native backend once in every file.
      onConsoleLog: log => !log.includes('you are running TensorFlow.js in Node.js'),
      ...options,
    },
  });
};

function browserProject(executablePath: string): NonNullable<TestOptions['projects']>[number] {
  return {
    extends: true,
    test: {
      name: 'browser',
      include: [browserFiles],
      isolate: true,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: [...chromiumArguments] } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

function listBrowserFiles(): string[] {
  if (!existsSync('test')) return [];
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' });
  return files.filter(file => file.endsWith('.browser.test.ts')).map(file => `test/${file}`);
}
