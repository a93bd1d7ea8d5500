import { library } from '../../tsdown.base.ts';

export default { ...library({ main: 'src/main.ts', peer: 'src/peer.ts' }), platform: 'node' as const, dts: false };
