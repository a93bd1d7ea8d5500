import { library } from '../../tsdown.base.ts';

export default {
  ...library({ main: 'src/main.ts', peer: 'src/peer.ts' }),
  platform: 'node' as const,
  dts: false,
  // Stored results belong to the files that the peers run, and to no others.
  unbundle: true,
};
