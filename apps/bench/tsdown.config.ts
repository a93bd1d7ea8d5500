import { library } from '../../tsdown.base.ts';

export default {
  // Stored results belong to the files that the peers run, and to no others.
  ...library({ main: 'src/main.ts', peer: 'src/peer.ts' }, { unbundle: true }),
  platform: 'node' as const,
  dts: false,
};
