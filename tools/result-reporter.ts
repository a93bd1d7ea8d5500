import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** One line of the totals: a test, or a file or suite that failed before its tests could run. */
export interface Outcome {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped, or how it failed. */
  readonly reason?: string;
}

/** Options of {@link resultReporter}. */
export interface ResultReporterOptions {
  /** Where the outcomes are written, as JSON. */
  readonly outputFile: string;
  /** Outcomes known before anything runs, such as files left out because their browser is absent. */
  readonly known?: readonly Outcome[];
}

/** Writes every outcome of a run to a file that the totals of the repository are counted from. */
export function resultReporter({ outputFile, known = [] }: ResultReporterOptions): Reporter {
  return {
    onInit(): void {
      // A run that dies half-way must not leave the last run's result behind.
      rmSync(outputFile, { force: true });
    },
    onTestRunEnd(modules, unhandledErrors): void {
      for (const { name, state, reason } of known) console.log(`${state} ${name}: ${reason}`);
      const outcomes = [...known, ...modules.flatMap(moduleOutcomes)];
      if (outcomes.length === 0) outcomes.push({ name: 'test run', state: 'failed', reason: 'no test file was found' });
      for (const error of unhandledErrors)
        outcomes.push({ name: 'unhandled error', state: 'failed', reason: error.message });
      mkdirSync(dirname(outputFile), { recursive: true });
      writeFileSync(outputFile, `${JSON.stringify(outcomes, null, 1)}\n`);
    },
  };
}

function moduleOutcomes(module: TestModule): Outcome[] {
  const failures: Outcome[] = [];
  for (const part of [module, ...module.children.allSuites()]) {
    const name = part === module ? nameOf(module) : `${nameOf(module)} > ${'fullName' in part ? part.fullName : ''}`;
    for (const error of part.errors()) failures.push({ name, state: 'failed', reason: error.message });
  }
  const tests = [...module.children.allTests()].map(testOutcome);
  if (tests.length === 0 && failures.length === 0)
    failures.push({ name: nameOf(module), state: 'failed', reason: 'no test ran' });
  return [...failures, ...tests];
}

function testOutcome(test: TestCase): Outcome {
  const name = `${nameOf(test.module)} > ${test.fullName}`;
  const result = test.result();
  if (result.state === 'passed') return { name, state: 'passed' };
  if (result.state === 'skipped') return { name, state: 'skipped', reason: result.note ?? 'no reason beyond its name' };
  return {
    name,
    state: 'failed',
    reason: result.errors?.map(error => error.message).join('\n') ?? 'it never finished',
  };
}

function nameOf(module: TestModule): string {
  return module.project.name ? `${module.relativeModuleId} (${module.project.name})` : module.relativeModuleId;
}
