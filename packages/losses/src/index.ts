/** @file Everything public of the losses package. */
export { type MseOptions, mse } from './mse.ts';
