import { concat, type Tensor3D, zeros } from '@tensorflow/tfjs-core';
import { atAllPoints, type LayerJet } from '../jets/layer-jet.ts';

/** Tensors `f32[k, n or 1, f]` side by side; an absent one is 0. */
const sideBySide = (parts: readonly (Tensor3D | undefined)[], widths: readonly number[]): Tensor3D | undefined => {
  const present = parts.filter(part => part !== undefined);
  const [some] = present;
  if (some === undefined) return undefined;
  const n = Math.max(...present.map(({ shape }) => shape[1]));
  const whole = parts.map(
    (part, index): Tensor3D => (part ? atAllPoints(part, n) : zeros([some.shape[0], n, widths[index] as number])),
  );
  return concat(whole, 2);
};

/** Concatenates the features of all jets. */
export const concatJets = (jets: readonly LayerJet[]): LayerJet => {
  const widths = jets.map(({ value }) => value.shape[1]);
  const first = sideBySide(
    jets.map(jet => jet.first),
    widths,
  );
  const second = sideBySide(
    jets.map(jet => jet.second),
    widths,
  );
  return {
    value: concat(
      jets.map(({ value }) => value),
      1,
    ),
    ...(first && { first }),
    ...(second && { second }),
  };
};
