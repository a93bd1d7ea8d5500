/** @file The names of activations and encodings on the command line. */

/** The values of `--encoding`. */
export const encodingNames = ['positional', 'fourier', 'rbf'] as const;

/** The values of `--activation`: a SIREN's, FINER's, and those without a frequency. */
export const activationNames = [
  'sine',
  'finer',
  'relu',
  'prelu',
  'tanh',
  'sigmoid',
  'silu',
  'softplus',
  'gaussian',
  'quadratic',
  'multiquadric',
  'laplace',
  'super-gaussian',
  'exp-sin',
] as const;
