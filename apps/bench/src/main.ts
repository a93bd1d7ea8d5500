#!/usr/bin/env node
import { runAsProcess } from '@neural-fields/app-kit';
import { createProgram } from './program.ts';

await runAsProcess(createProgram(), process.argv.slice(2));
