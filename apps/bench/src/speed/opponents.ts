/** Which peers a report compares: this project on the processor and on a graphics card, and its strongest opponents. */
export const OPPONENTS: readonly (readonly [peer: string, opponents: readonly string[]])[] = [
  ['native', ['pytorch']],
  ['simd', ['pytorch']],
  [
    'webgpu',
    [
      'pytorch-cuda',
      'pytorch-cuda-compiled',
      'pytorch-cuda-tf32',
      'pytorch-cuda-compiled-tf32',
      'jax-cuda',
      'jax-cuda-tf32',
    ],
  ],
];

/** The peers relative to which speed-ups are given. */
export const peersToBeat: readonly string[] = [...new Set(OPPONENTS.flatMap(([, opponents]) => opponents))];
