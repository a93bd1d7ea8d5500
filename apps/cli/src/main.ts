#!/usr/bin/env node
import { runAsProcess } from '@neural-fields/app-kit';
import { findApp } from './apps.ts';
import { createProgram } from './program.ts';

const args = process.argv.slice(2);
const app = await findApp(args);
await (app === undefined ? runAsProcess(await createProgram(args), args) : app());
