/** @file Which variables a fit is changing, so that nobody else changes or frees them meanwhile. */
import type { Variable } from '@tensorflow/tfjs-core';

type Variables = Readonly<Record<string, Variable>>;

/** For errors. */
const HOW_FITS_END = "by its last step, break, its iterator's return(), or its signal";

const inTraining = new WeakSet<Variable>();

/**
 * Marks variables as those of a fit.
 *
 * @returns takes the mark away again
 * @throws TypeError when they were freed, Error when another fit has them
 */
export const claimVariables = (variables: Variables): (() => void) => {
  const claimed = Object.values(variables);
  assertNotDisposed('fit', variables);
  if (claimed.some(variable => inTraining.has(variable)))
    throw new Error(`fit: another fit is training this model; it must end first: ${HOW_FITS_END}`);
  for (const variable of claimed) inTraining.add(variable);
  return () => {
    for (const variable of claimed) inTraining.delete(variable);
  };
};

/** @throws TypeError when variables were freed */
export const assertNotDisposed = (name: string, variables: Variables): void => {
  if (Object.values(variables).some(({ isDisposed }) => isDisposed))
    throw new TypeError(`${name}: the parameters were disposed; make a new field, or dispose of this one later`);
};

/**
 * Frees variables; those that were freed already stay so.
 *
 * @throws Error when a fit is training them
 */
export const disposeVariables = (variables: Variables): void => {
  const all = Object.values(variables);
  if (all.some(variable => inTraining.has(variable)))
    throw new Error(`dispose: a fit is training these parameters; it must end first: ${HOW_FITS_END}`);
  for (const variable of all) variable.dispose();
};
