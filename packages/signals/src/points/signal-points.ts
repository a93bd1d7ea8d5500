import { axisCoordinate } from '../grids/axis.ts';
import { createPointSet, type PointSet } from './point-set.ts';
import type { Signal } from './signal.ts';

/** Converts the row-major index of a point to its index along each axis. */
const locate = (pointIndex: number, index: number[], shape: readonly number[]): void => {
  let rest = pointIndex;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
};

/** Advances the index along each axis to the next point. */
const advance = (index: number[], shape: readonly number[]): void => {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis]!++;
    if (index[axis]! < shape[axis]!) return;
    index[axis] = 0;
  }
};

/**
 * The points of a signal's grid in row-major order, each with its targets. Nothing is copied until points are
 * requested.
 */
export const signalPoints = (caller: string, { shape, axes, size, targets }: Signal): PointSet => {
  const dimensions = shape.length;
  return createPointSet(dimensions, size, indices => {
    const count = indices.length;
    const coords = new Float32Array(count * dimensions);
    const outputs = targets.map(target => new Float32Array(count * target.channels));
    const index = new Array<number>(dimensions).fill(0);
    let before = Number.NaN;
    for (let point = 0; point < count; point++) {
      const pointIndex = indices[point]!;
      if (!(Number.isInteger(pointIndex) && pointIndex >= 0 && pointIndex < size))
        throw new RangeError(`${caller}: a point's index must be an integer from 0 to ${size - 1}, got ${pointIndex}`);
      if (pointIndex === before + 1) advance(index, shape);
      else locate(pointIndex, index, shape);
      before = pointIndex;
      for (let axis = 0; axis < dimensions; axis++)
        coords[point * dimensions + axis] = axisCoordinate(axes[axis]!, index[axis]!);
      for (let t = 0; t < targets.length; t++) {
        const { data, offset, stride, channels, channelStride, factor, shift } = targets[t]!;
        let at = offset;
        for (let axis = 0; axis < dimensions; axis++) at += index[axis]! * stride[axis]!;
        const output = outputs[t]!;
        for (let c = 0; c < channels; c++)
          output[point * channels + c] = data[at + c * channelStride]! * factor + shift;
      }
    }
    return { coords, targets: Object.fromEntries(targets.map(({ name }, t) => [name, outputs[t]!])) };
  });
};
