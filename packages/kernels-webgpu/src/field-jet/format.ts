import type { FieldJetNetwork } from '@neural-fields/core/kernels';
import { steepnessOf } from '../wgsl/activations.ts';
import { type JetFormat, single } from '../wgsl/jet-format.ts';

/**
 * How the jets of a network are stored between its layers. In float16 the steepest activation sets the scale of derivatives. How large those of an
 * encoding are is not known, so derivatives behind one stay float32.
 */
export const formatOf = ({ layers, encodedFeatures, order }: FieldJetNetwork, halfPrecision: boolean): JetFormat => {
  if (!halfPrecision || (encodedFeatures !== undefined && order > 0)) return single;
  const steepest = Math.max(...layers.map(({ activation }) => steepnessOf(activation)));
  return { half: true, scale: order === 0 ? 1 : 2 ** Math.round(Math.log2(Math.max(1, steepest))) };
};
