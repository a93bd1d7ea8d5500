#!/usr/bin/env node
import { exitCodeOf, exitCodes, streamLoss, watchStreams } from '@neural-fields/app-kit';
import { runProgram } from './program.ts';

watchStreams();

// The loss of a stream can come to light after the last write of a run.
process.on('exit', () => {
  const loss = streamLoss();
  if (loss !== undefined && (process.exitCode ?? exitCodes.success) === exitCodes.success) process.exitCode = exitCodeOf(loss);
});

// Not process.exit: what is still in the pipes would be lost.
process.exitCode = await runProgram(process.argv.slice(2));
