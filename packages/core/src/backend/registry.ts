/** @file The backends that packages have made known, by the names under which tfjs knows them. */
import type { FieldBackend } from './backend.ts';
import { registerProgramKernels } from './run-program.ts';

const backends = new Map<string, FieldBackend>();

/** Makes a backend known, in place of one of the same name. Its package calls this when it is imported. */
export const registerFieldBackend = (backend: FieldBackend): void => {
  backends.set(backend.name, backend);
  registerProgramKernels(backend.name);
};

/** What is known of a tfjs backend. */
export const fieldBackend = (name: string): FieldBackend | undefined => backends.get(name);
