/** @file Learned parameters of activations: their derivatives from the kernel's sums. */
/**
 * What the kernel's sum (`parameterSum` in `assembly/jet.ts`) is multiplied with: lambda'(p) / lambda(p) where p scales the argument by
 * lambda(p), as in core's activations, or the phase of FINER; 1 for the slope of prelu.
 *
 * @param value of the parameter
 */
export const learnedFactor = (kind: string, name: string, value: number): number => {
  if (kind === 'prelu') return 1;
  if (kind === 'super-gaussian') return name === 'a' ? -1 / value : 0.5 / value;
  return kind === 'gaussian' || kind === 'laplacian' ? -1 / value : 1 / value;
};
