/** @file The built program, run as a user runs it. */
import { fileURLToPath } from 'node:url';
import { type Finished, type Running, type RunOptions, startProgram } from '@neural-fields/testing/programs';

/** The built entry. */
export const entry: string = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Starts the program. */
export const start = (args: readonly string[], options: RunOptions): Running => startProgram(entry, args, options);

/** Runs the program to its end. */
export const run = (args: readonly string[], options: RunOptions): Promise<Finished> => start(args, options).finished;
