/** @file `@neural-fields/core/optimizers`: optimizers besides `adam` and `lbfgs`. */
export { type AdamwOptions, adamw } from './optimizers/adamw.ts';
export { type GaussNewtonOptions, gaussNewton } from './optimizers/gauss-newton.ts';
export { type MuonOptions, muon } from './optimizers/muon.ts';
export { type SoapOptions, soap } from './optimizers/soap.ts';
