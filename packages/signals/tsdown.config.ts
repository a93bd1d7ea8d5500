import { library } from '../../tsdown.base.ts';

export default library({
  index: 'src/index.ts',
  node: 'src/node.ts',
  'codec-node': 'src/images/codec-node.ts',
  'codec-browser': 'src/images/codec-browser.ts',
});
