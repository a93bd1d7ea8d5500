import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = library(
  {
    index: 'src/index.ts',
    machine: 'src/machine.ts',
    'threads/platform.node': 'src/threads/platform.node.ts',
    'threads/platform.browser': 'src/threads/platform.browser.ts',
    'threads/thread.browser': 'src/threads/thread.browser.ts',
  },
  { unbundle: true },
);

export default config;
