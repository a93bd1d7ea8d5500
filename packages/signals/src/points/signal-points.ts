import { axisCoordinate } from '../grids/axis.ts';
import { createPointSet, type PointSet } from './point-set.ts';
import type { Signal } from './signal.ts';

/** The points of a signal's grid in row-major order, each with its targets. Nothing is copied until points are asked for. */
export const signalPoints = (caller: string, { shape, axes, size, targets }: Signal): PointSet => {
  const dimensions = shape.length;
  return createPointSet(dimensions, size, numbers => {
    const count = numbers.length;
    const coords = new Float32Array(count * dimensions);
    const outputs = targets.map(target => new Float32Array(count * target.channels));
    const index = new Array<number>(dimensions);
    for (let point = 0; point < count; point++) {
      const number = numbers[point]!;
      if (!(Number.isInteger(number) && number >= 0 && number < size))
        throw new RangeError(`${caller}: a point's number must be an integer from 0 to ${size - 1}, got ${number}`);
      let rest = number;
      for (let axis = dimensions - 1; axis >= 0; axis--) {
        const i = rest % shape[axis]!;
        rest = (rest - i) / shape[axis]!;
        index[axis] = i;
        coords[point * dimensions + axis] = axisCoordinate(axes[axis]!, i);
      }
      for (const [t, { data, offset, stride, channels, channelStride, factor, shift }] of targets.entries()) {
        let at = offset;
        for (let axis = 0; axis < dimensions; axis++) at += index[axis]! * stride[axis]!;
        const output = outputs[t]!;
        for (let c = 0; c < channels; c++) output[point * channels + c] = data[at + c * channelStride]! * factor + shift;
      }
    }
    return { coords, targets: Object.fromEntries(targets.map(({ name }, t) => [name, outputs[t]!])) };
  });
};
