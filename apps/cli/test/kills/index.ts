export { type KillReport, killLoop } from './kill-loop.ts';
export { type Scenario, scenarios } from './scenarios.ts';
