#!/usr/bin/env node
import { runProgram } from './program.ts';

// Not process.exit: what is still in the pipes would be lost.
process.exitCode = await runProgram(process.argv.slice(2));
