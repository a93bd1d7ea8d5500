export { loadSharp } from './images/load-sharp.ts';
