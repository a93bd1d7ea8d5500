/** @file `--omega0 auto`: the frequency factor from the frequencies of the signal. */
import { formatCount, UsageError } from '@neural-fields/app-kit';
import type { Settings } from '../settings/fit-settings.ts';
import type { PreparedSignal } from '../signals/prepared-signal.ts';

/** Settings whose frequency factor is a number, or that of the preset. */
export type SettledSettings = Settings & { readonly omega0?: number | undefined };

/** Significant digits of a suggested factor. */
const DIGITS = 3;

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));

/**
 * The settings with a number in place of `auto`, which is explained.
 *
 * @throws UsageError when the signal is a shape, whose frequencies are not known
 */
export const settleOmega = (
  settings: Settings,
  { description, suggestOmega }: Pick<PreparedSignal, 'description' | 'suggestOmega'>,
  say: (line: string) => void,
): SettledSettings => {
  const { omega0, ...others } = settings;
  if (omega0 !== 'auto') return { ...others, omega0 };
  if (suggestOmega === undefined)
    throw new UsageError({
      what: '--omega0 auto',
      problem: `it is for images and sounds, not for a ${description.kind}`,
    });
  const { omega0: suggested, rms, nyquist, limit, share } = suggestOmega();
  const factor = rounded(suggested);
  const reason =
    limit === 'signal'
      ? 'so that those of the first layer are alike'
      : `and the first layer gets no more than ${share} of the highest that its samples can hold`;
  const name = description.kind === 'audio' ? 'sound' : description.kind;
  say(
    `omega0 ${factor}: the frequencies of the ${name} have a root mean square of ${rounded(rms)} of ` +
      `${formatCount(Math.round(nyquist))} radians per unit, ${reason}`,
  );
  return { ...others, omega0: factor };
};
