/** @file Suggestions for a name that does not exist, as hints in errors. */
import { nearestNames } from '@neural-fields/core/options';

/** `did you mean 'siren-wave'?`; `undefined` if no name is similar. */
export const didYouMean = (text: string, names: readonly string[]): string | undefined => {
  const near = nearestNames(text, names);
  return near.length === 0 ? undefined : `did you mean '${near.join("' or '")}'?`;
};
