import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = library(
  {
    index: 'src/index.ts',
    'addon/load.node': 'src/addon/load.node.ts',
    'addon/load.browser': 'src/addon/load.browser.ts',
  },
  { unbundle: true },
);

export default config;
