/** @file The measurements that the experiments on TUNER compare. */
import type { Check } from '../frame/findings.ts';

/**
 * The measurements of one field: the PSNR at the fitted pixels, at the others, and of the gradient at all, and the
 * share of energy above the Nyquist frequency of the pixels, all in dB.
 */
export type TunerNumbers = Readonly<Record<'fitted' | 'heldOut' | 'gradient' | 'above', number>>;

/** Two variants to compare. */
export interface LeadOver {
  readonly of: string;
  readonly over: string;
  /** The published lead in PSNR at fitted pixels. */
  readonly published?: number;
}

/** Shows how far a variant is ahead of another one, in all measurements; nothing where one is missing. */
export const leadOver = (
  numbers: Readonly<Record<string, TunerNumbers>>,
  { of, over, published }: LeadOver,
): readonly Check[] => {
  const [own, other] = [numbers[of], numbers[over]];
  if (own === undefined || other === undefined) return [];
  const because = 'shown, not judged: at this size it depends on picture, steps and rate';
  const check = (what: string, key: 'fitted' | 'heldOut' | 'gradient', known?: number): Check => ({
    what: `${what}: ${of} ahead of ${over}`,
    unit: 'dB',
    obtained: own[key] - other[key],
    ...(known !== undefined && { published: known }),
    because,
  });
  return [
    check('PSNR of fitted pixels', 'fitted', published),
    check('PSNR of held-out pixels', 'heldOut'),
    check('PSNR of the gradient', 'gradient'),
  ];
};
