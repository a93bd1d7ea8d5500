#!/usr/bin/env node
import { runAsProcess } from '@neural-fields/app-kit';
import { redirectedToNetworks } from './commands/networks.ts';
import { createProgram } from './program.ts';

await runAsProcess(createProgram(), redirectedToNetworks(process.argv.slice(2)));
