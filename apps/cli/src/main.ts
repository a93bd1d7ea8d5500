#!/usr/bin/env node
import { runProgram } from './program.ts';

// A reader that has seen enough, such as `head`, closes the pipe.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// Not process.exit: what is still in the pipes would be lost.
process.exitCode = await runProgram(process.argv.slice(2));
