import { jetContract as contract, type JetContractOptions } from '@neural-fields/testing/contracts';
import * as core from '../../src/index.ts';
import { coreActivations } from '../../src/layers.ts';

/** Runs the contract of jets on one backend, which must be registered already. */
export const jetContract = (backend: string, options: JetContractOptions = {}): void =>
  contract({ ...core, coreActivations }, backend, options);
