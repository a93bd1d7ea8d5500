/** @file Extensions written with the public API alone. Each file is a complete example of its task. */
export { type BlendSpec, blend } from './blend.ts';
export { cauchy, cauchyPenalty } from './cauchy.ts';
export { type GaborSpec, gabor, signs } from './gabor.ts';
export { plainBackend } from './plain-backend.ts';
export { snake } from './snake.ts';
