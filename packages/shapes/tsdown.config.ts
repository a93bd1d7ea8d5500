import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = library({ index: 'src/index.ts', node: 'src/node.ts' });

export default config;
