// Runs the pnpm that package.json asks for, installed or not: `node tools/pnpm.mjs <arguments>`.
import { pnpm } from './lib/run.mjs';

process.exitCode = pnpm(process.argv.slice(2), { show: true }).code;
