import { library } from '../../tsdown.base.ts';

export default {
  ...library({ main: 'src/main.ts', program: 'src/program.ts' }),
  platform: 'node' as const,
  dts: false,
};
