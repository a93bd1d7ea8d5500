/** @file Checks that one network beats the others. */
import type { Check } from '../frame/findings.ts';

/** What is compared. */
export interface LeadOptions {
  /** What the values are, e.g. `PSNR of the gradient`. */
  readonly what: string;
  readonly unit: string;
  /** Values by the networks' labels. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly leader: string;
  /** The minimum lead; 0 if absent. */
  readonly atLeast?: number;
  /** The lead in the paper. */
  readonly published?: number | undefined;
  readonly because?: string;
}

/** Checks how far the leader is ahead of the best of the others; no check when there is nothing to compare with. */
export const leadCheck = ({
  what,
  unit,
  numbers,
  leader,
  atLeast = 0,
  published,
  because,
}: LeadOptions): readonly Check[] => {
  const own = numbers[leader];
  const others = Object.entries(numbers).filter(([name]) => name !== leader);
  if (own === undefined || others.length === 0) return [];
  const [best, number] = others.reduce((a, b) => (b[1] > a[1] || Number.isNaN(a[1]) ? b : a));
  return [
    {
      what: `${what}: ${leader} ahead of ${others.length === 1 ? best : `the best other, ${best}`}`,
      unit,
      obtained: own - number,
      published,
      atLeast,
      ...(because !== undefined && { because }),
    },
  ];
};
