/** @file Checks peers against the float64 reference before they are timed. */
import { join } from 'node:path';
import { readFloats } from '../peers/fields-data.ts';
import { layerSizes, readProblem } from '../peers/problem-data.ts';
import type { Description } from '../protocol.ts';
import type { PeerProcess } from './peer-process.ts';
import type { Problems } from './problems.ts';
import { referenceSteps } from './reference.ts';
import type { Case, Disagreement } from './results.ts';
import { relativeDistance } from './statistics.ts';

/** The number of points in a check. */
const POINTS = 64;
/**
 * float32 with sines of arguments near 30 keeps about five digits of the derivatives; mistakes differ by far more.
 */
const TOLERANCES = { gradient: 1e-3, loss: 1e-3 } as const;
/**
 * With the ten bits of TF32 in products, emulated on a processor, gradients differ by up to 8e-3 and losses by 3e-4.
 */
const TF32_TOLERANCES = { gradient: 3e-2, loss: 3e-3 } as const;

/** The largest relative difference from the reference, or from the others' losses. */
export const tolerancesFor = ({
  precision,
}: Pick<Description, 'precision'>): { readonly gradient: number; readonly loss: number } =>
  precision === 'TF32' ? TF32_TOLERANCES : TOLERANCES;

/** Seconds; whole steps may have to be compiled. */
const CHECK_TIMEOUT = 300;

/** The result of a check. */
export interface Verdict {
  readonly disagreement: Disagreement;
  /** What is wrong; absent when nothing is. */
  readonly problem?: string;
  /** The time per point of a step of the check, which has few points. */
  readonly secondsPerPoint: number;
}

/** Checks each peer once for each supervision, width and way of taking derivatives. */
export interface Verifier {
  /** @throws PeerError when the peer fails at it */
  verify(name: string, process: PeerProcess, problemCase: Case, way: string | undefined): Promise<Verdict>;
  readonly disagreements: readonly (Disagreement & Omit<Case, 'points'> & { readonly peer: string })[];
}

/** What is wrong with a disagreement; `undefined` when nothing is. */
export const describeDisagreement = (
  { gradient, loss }: Disagreement,
  description: Description,
): string | undefined => {
  const tolerances = tolerancesFor(description);
  if (!(loss <= tolerances.loss))
    return `its losses differ from the float64 reference by ${loss.toExponential(1)}, relative`;
  if (!(gradient <= tolerances.gradient))
    return `its gradient differs from the float64 reference by ${gradient.toExponential(1)}, relative`;
  return undefined;
};

/** @param folder for the peers' gradients */
export const createVerifier = (folder: string, problems: Problems): Verifier => {
  const references = new Map<string, ReturnType<typeof referenceSteps>>();
  const verdicts = new Map<string, Verdict>();
  const disagreements: (Disagreement & Omit<Case, 'points'> & { readonly peer: string })[] = [];

  const referenceFor = ({ supervision, width }: Case): ReturnType<typeof referenceSteps> => {
    const key = `${supervision} ${width}`;
    const problem = problems.problem(supervision, width, POINTS);
    const reference =
      references.get(key) ??
      referenceSteps({ ...problem, ...readProblem(problem), sizes: layerSizes(width) }, problem.learningRate);
    references.set(key, reference);
    return reference;
  };

  return {
    disagreements,
    verify: async (name, process, problemCase, way) => {
      const { supervision, width } = problemCase;
      const key = [name, supervision, width, way].join(' ');
      const known = verdicts.get(key);
      if (known) return known;
      const gradientFile = join(folder, `gradient-${name}.f32`);
      const problem = problems.problem(supervision, width, POINTS);
      const { losses, seconds } = await process.check(
        { problem, gradientFile, ...(way !== undefined && { way }) },
        CHECK_TIMEOUT,
      );
      const reference = referenceFor(problemCase);
      const distances = reference.losses.map((loss, i) => Math.abs((losses[i] ?? Number.NaN) / loss - 1));
      const disagreement = {
        gradient: relativeDistance(readFloats(gradientFile), reference.gradient),
        // Not Math.max alone: a loss that is NaN must not pass.
        loss: distances.every(Number.isFinite) ? Math.max(...distances) : Number.POSITIVE_INFINITY,
      };
      const wrong = describeDisagreement(disagreement, process.description);
      const verdict = {
        disagreement,
        secondsPerPoint: seconds / POINTS,
        ...(wrong !== undefined && { problem: wrong }),
      };
      verdicts.set(key, verdict);
      disagreements.push({ peer: name, supervision, width, ...disagreement });
      return verdict;
    },
  };
};
