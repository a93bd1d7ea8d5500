// `npm run sizes`: writes the sizes of the packages into their READMEs. `npm run check` compares them.
import { checkSizes } from './checks/sizes.mjs';

const { ok, output } = await checkSizes({ write: true });
if (!ok) {
  console.error(output);
  process.exitCode = 1;
}
