/**
 * @file Sphere tracing: finds where rays meet the zero level of a signed distance field. Hart 1996, "Sphere Tracing: A
 *   Geometric Method for the Antialiased Ray Tracing of Implicit Surfaces".
 *
 * A field is not an exact distance. So steps are slightly shorter than its value, and bounded; if a step has crossed
 * the surface, the crossing is found between its ends by the Illinois variant of regula falsi.
 */
import type { ScalarFunction } from '@neural-fields/shapes';
import type { Rays } from './camera.ts';

/** The options of {@link traceRays}. */
export interface TraceOptions {
  /** Rays are traced within [-halfWidth, halfWidth]^3; 1 if absent. */
  readonly halfWidth?: number;
  /** A point this close to the surface counts as on it; 5e-4 if absent. */
  readonly tolerance?: number;
  /** The maximum number of steps; 160 if absent. */
  readonly maximumSteps?: number;
}

/**
 * The fraction of the field's value that a step covers, so that a field whose gradient is slightly longer than 1 does
 * not step through thin walls.
 */
const CAUTION = 0.85;
/** The maximum step, in units of the box's half width. */
const LONGEST = 0.15;

/** The interval of a ray within the box; empty if its end is not above its start. */
const clip = (
  origin: readonly number[],
  directions: Float32Array,
  ray: number,
  halfWidth: number,
): readonly [number, number] => {
  let [near, far] = [0, Number.POSITIVE_INFINITY];
  for (let k = 0; k < 3; k++) {
    const [o, d] = [origin[k] as number, directions[3 * ray + k] as number];
    if (d === 0) {
      if (Math.abs(o) > halfWidth) return [1, 0];
      continue;
    }
    const [a, b] = [(-halfWidth - o) / d, (halfWidth - o) / d];
    near = Math.max(near, Math.min(a, b));
    far = Math.min(far, Math.max(a, b));
  }
  return [near, far];
};

/**
 * Traces rays to the surface.
 *
 * @returns for each ray the distance from its origin at which it meets the surface; NaN where it does not
 */
export const traceRays = async (
  { evaluate }: Pick<ScalarFunction, 'evaluate'>,
  { origin, directions }: Rays,
  { halfWidth = 1, tolerance = 5e-4, maximumSteps = 160 }: TraceOptions = {},
): Promise<Float32Array> => {
  const count = directions.length / 3;
  const hits = new Float32Array(count).fill(Number.NaN);
  const [at, end] = [new Float64Array(count), new Float64Array(count)];
  // The last point outside and its value; the first point inside and its value, once there is one.
  const [outside, outsideValue] = [new Float64Array(count).fill(Number.NaN), new Float64Array(count)];
  const [inside, insideValue] = [new Float64Array(count).fill(Number.NaN), new Float64Array(count)];
  /** On which side the last point was. */
  const side = new Int8Array(count);
  let active = new Uint32Array(count);
  let alive = 0;
  for (let ray = 0; ray < count; ray++) {
    const [near, far] = clip(origin, directions, ray, halfWidth);
    if (!(far > near)) continue;
    at[ray] = near;
    end[ray] = far;
    active[alive++] = ray;
  }
  active = active.slice(0, alive);
  for (let step = 0; step < maximumSteps && active.length > 0; step++) {
    const coords = new Float32Array(3 * active.length);
    active.forEach((ray, i) => {
      for (let k = 0; k < 3; k++)
        coords[3 * i + k] = (origin[k] as number) + (at[ray] as number) * (directions[3 * ray + k] as number);
    });
    const values = await evaluate(coords);
    alive = 0;
    for (const [i, ray] of active.entries()) {
      const [t, value] = [at[ray] as number, values[i] as number];
      // A ray that starts inside hits a face of the box first.
      if (Math.abs(value) <= tolerance || (value < 0 && Number.isNaN(outside[ray]))) {
        hits[ray] = t;
        continue;
      }
      if (value > 0) {
        // Twice on the same side: halving the value at the other end moves the next point towards that end.
        if (side[ray] === 1) insideValue[ray] = (insideValue[ray] as number) / 2;
        outside[ray] = t;
        outsideValue[ray] = value;
      } else {
        if (side[ray] === -1) outsideValue[ray] = (outsideValue[ray] as number) / 2;
        inside[ray] = t;
        insideValue[ray] = value;
      }
      side[ray] = Math.sign(value);
      if (Number.isNaN(inside[ray])) at[ray] = t + Math.min(LONGEST * halfWidth, Math.max(CAUTION * value, tolerance));
      else {
        const [a, b] = [outside[ray] as number, inside[ray] as number];
        const [fa, fb] = [outsideValue[ray] as number, insideValue[ray] as number];
        at[ray] = a + ((b - a) * fa) / (fa - fb);
        if (b - a <= tolerance) {
          hits[ray] = at[ray] as number;
          continue;
        }
      }
      if ((at[ray] as number) < (end[ray] as number)) active[alive++] = ray;
    }
    active = active.slice(0, alive);
  }
  return hits;
};
