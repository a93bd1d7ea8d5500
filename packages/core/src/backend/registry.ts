/** @file The field backends that packages have registered, by the names of their tfjs backends. */
import type { FieldBackend } from './backend.ts';
import { registerProgramKernels } from './run-program.ts';

const backends = new Map<string, FieldBackend>();

/** Registers a backend, replacing one of the same name. Its package calls this when it is imported. */
export const registerFieldBackend = (backend: FieldBackend): void => {
  backends.set(backend.name, backend);
  registerProgramKernels(backend.name);
};

/** The field backend registered for a tfjs backend, if any. */
export const fieldBackend = (name: string): FieldBackend | undefined => backends.get(name);
