import { jetContract } from '../jets/jet-contract.ts';
import { importWebgpu } from './setup-backends.ts';

await importWebgpu();

jetContract('wasm', { runs: 5 });
// The sine of the emulated GPU behind WebGL and WebGPU is accurate only to 2^-11, all that WGSL guarantees: about 8,000
// float32 roundoffs, while the tolerances are for a few.
jetContract('webgl', { runs: 5, slack: 300 });
jetContract('webgpu', { runs: 5, slack: 300 });
