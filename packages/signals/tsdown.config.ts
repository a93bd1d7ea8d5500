import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

const base = library({
  index: 'src/index.ts',
  node: 'src/node.ts',
  'codec-node': 'src/images/codec-node.ts',
  'codec-browser': 'src/images/codec-browser.ts',
});

// `#image-codec` stays an import: whoever loads the package chooses the codec, by package.json's conditions.
const config: UserConfig = { ...base, deps: { ...base.deps, neverBundle: ['#image-codec'] } };

export default config;
