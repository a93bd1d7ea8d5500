import type { Finding } from './protocol.ts';
import { createSupervisor } from './supervisor.ts';

/** The results of one reader's mutations. */
export interface ReaderResult {
  readonly reader: string;
  readonly tried: number;
  readonly read: number;
  readonly refused: number;
  readonly findings: number;
}

/** A finding as one line, followed by its first lines of detail. */
export const describeFinding = ({ reader, kind, seed, index, input, detail }: Finding): string =>
  `${reader}, seed ${seed}, case ${index}${input ? `, ${input.length} bytes` : ''}: ${kind}: ${detail.split('\n').slice(0, 6).join('\n')}`;

/**
 * Runs mutations on each reader of a package, in a child process that is killed if a reader does not return. Throws
 * unless every outcome is either success or the reader's typed error, without output and within the limits of time and
 * memory.
 *
 * @param targets the URL of the module that exports `fuzzTargets`, e.g. `new URL('./targets.ts', import.meta.url)`
 * @param options `count`: mutations per reader; `seed`: determines the mutations
 * @throws Error that lists the findings
 */
export const expectNoFindings = async (
  targets: URL,
  { count, seed = 1 }: { readonly count: number; readonly seed?: number },
): Promise<readonly ReaderResult[]> => {
  const supervisor = await createSupervisor(targets);
  const results: ReaderResult[] = [];
  const found: Finding[] = [];
  try {
    for (const reader of await supervisor.readers()) {
      const { list, tried, read, refused, findings } = await supervisor.run(
        { reader, seed, from: 0, to: count },
        { deaths: 3 },
      );
      results.push({ reader, tried, read, refused, findings });
      found.push(...list);
    }
  } finally {
    await supervisor.dispose();
  }
  if (found.length > 0) {
    const again = 'npm run fuzz -- --reader <reader> --seed <seed> --case <case> reproduces one of them.';
    throw new Error(`fuzz: ${found.length} findings\n${found.map(describeFinding).join('\n')}\n${again}`);
  }
  return results;
};
