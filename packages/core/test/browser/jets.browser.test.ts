import { jetContract } from '../jets/jet-contract.ts';
import { importWebgpu } from './setup-backends.ts';

await importWebgpu();

jetContract('wasm', { runs: 5 });
// The sine of the emulated GPU behind WebGL and WebGPU is good to 2^-11 only, as WGSL promises no more: some 8,000
// float32 roundoffs, against the few that the tolerances are made for.
jetContract('webgl', { runs: 5, slack: 300 });
jetContract('webgpu', { runs: 5, slack: 300 });
