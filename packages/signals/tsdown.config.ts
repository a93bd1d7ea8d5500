import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const config: UserConfig = library({
  index: 'src/index.ts',
  node: 'src/node.ts',
  'codec-node': 'src/images/codec-node.ts',
  'codec-browser': 'src/images/codec-browser.ts',
});

export default config;
