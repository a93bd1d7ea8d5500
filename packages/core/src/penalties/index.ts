export { absolute } from './absolute.ts';
export { charbonnierPenalty } from './charbonnier.ts';
export { huberPenalty } from './huber.ts';
export { squared } from './squared.ts';
