export { type KillReport, killLoop, type Way } from './kill-loop.ts';
export { type Scenario, scenarios } from './scenarios.ts';
