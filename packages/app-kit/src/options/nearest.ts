/** @file What may have been meant by a name that does not exist, as a hint of an error. */
import { nearestNames } from '@neural-fields/core/options';

/** `did you mean 'siren-wave'?`; `undefined` where no name is near. */
export const didYouMean = (text: string, names: readonly string[]): string | undefined => {
  const near = nearestNames(text, names);
  return near.length === 0 ? undefined : `did you mean '${near.join("' or '")}'?`;
};
