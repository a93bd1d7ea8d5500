import { axisPosition } from '../grids/axis.ts';
import type { Signal } from './signal.ts';

/**
 * Interpolates the targets of a signal between its grid points, multilinearly (bilinearly for an image). Beyond the
 * outermost points the coordinates are clamped.
 *
 * @param coords `f32[n, d]` in the coordinates of the signal's grid
 * @returns the targets by name, `f32[n, k]` each
 */
export const interpolateSignal = (
  { axes, shape, targets }: Signal,
  coords: Float32Array,
): Record<string, Float32Array> => {
  const dimensions = axes.length;
  const count = coords.length / dimensions;
  const corners = 2 ** dimensions;
  const outputs = targets.map(target => new Float32Array(count * target.channels));
  const lower = new Array<number>(dimensions);
  const part = new Array<number>(dimensions);
  for (let point = 0; point < count; point++) {
    for (let axis = 0; axis < dimensions; axis++) {
      const position = axisPosition(axes[axis]!, coords[point * dimensions + axis]!);
      lower[axis] = Math.min(Math.floor(position), Math.max(0, shape[axis]! - 2));
      part[axis] = position - lower[axis]!;
    }
    for (const [t, { data, offset, stride, channels, channelStride, factor, shift }] of targets.entries()) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let corner = 0; corner < corners; corner++) {
          let weight = 1;
          let at = offset + c * channelStride;
          for (let axis = 0; axis < dimensions; axis++) {
            const upper = (corner >> axis) & 1;
            weight *= upper ? part[axis]! : 1 - part[axis]!;
            at += (lower[axis]! + upper) * stride[axis]!;
          }
          // An axis of length 1 has no upper neighbour: its weight is 0 and it must not be read.
          if (weight !== 0) sum += weight * data[at]!;
        }
        outputs[t]![point * channels + c] = sum * factor + shift;
      }
    }
  }
  return Object.fromEntries(targets.map(({ name }, t) => [name, outputs[t]!]));
};
