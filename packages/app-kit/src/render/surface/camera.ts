/** @file The direction from which a surface is seen, and the rays through the points of a picture. */

/** A point or a direction. */
export type Vector = readonly [x: number, y: number, z: number];

/** The options of {@link createCamera}. Angles are in degrees. */
export interface CameraOptions {
  /** Around the vertical axis: 0 looks from the front (against z, where y is up), 90 from the right. */
  readonly azimuth: number;
  /** Above the horizon, from -90 to 90. */
  readonly elevation: number;
  /** The magnification, where 1 (if absent) shows the middle of the whole box. */
  readonly zoom?: number;
  /** Which coordinate points upwards; y if absent. */
  readonly up?: 'y' | 'z';
}

/** A perspective camera that looks at the origin. */
export interface Camera {
  readonly position: Vector;
  readonly right: Vector;
  readonly up: Vector;
  readonly forward: Vector;
  /** The slope of the ray through the middle of the picture's upper edge. */
  readonly slope: number;
}

/** Half of the vertical field of view. */
const HALF_ANGLE = (16 * Math.PI) / 180;
/**
 * The height shown above and below the origin at zoom 1: a shape in [-1, 1]^3 rarely reaches the cube's corners.
 */
const HALF_HEIGHT = 1.2;

const rotate = ([x, y, z]: Vector, up: 'y' | 'z'): Vector => (up === 'y' ? [x, y, z] : [x, -z, y]);

/** The camera that looks at the origin from a direction. */
export const createCamera = ({ azimuth, elevation, zoom = 1, up = 'y' }: CameraOptions): Camera => {
  const [a, e] = [azimuth, elevation].map(degrees => (degrees * Math.PI) / 180) as [number, number];
  const distance = HALF_HEIGHT / zoom / Math.tan(HALF_ANGLE);
  const back: Vector = [Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e)];
  const above: Vector = [-Math.sin(a) * Math.sin(e), Math.cos(e), -Math.cos(a) * Math.sin(e)];
  const place = (v: Vector, factor: number): Vector => rotate([v[0] * factor, v[1] * factor, v[2] * factor], up);
  return {
    position: place(back, distance),
    forward: place(back, -1),
    up: place(above, 1),
    right: place([Math.cos(a), 0, -Math.sin(a)], 1),
    slope: Math.tan(HALF_ANGLE),
  };
};

/** Rays with a common origin: their directions as unit vectors, row-major `[n, 3]`. */
export interface Rays {
  readonly origin: Vector;
  readonly directions: Float32Array;
}

/** The size of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The position of the picture's point (x, y), in units of the slope: x right, y up, the shorter side from -1 to 1.
 */
export const pictureCoordinates = (x: number, y: number, { width, height }: PictureSize): readonly [number, number] => {
  const half = Math.min(width, height) / 2;
  return [(x - width / 2) / half, (height / 2 - y) / half];
};

/**
 * The rays through points of a picture, given as pairs (x, y) in pixels; pixel (i, j) has its centre at
 * (i + 1/2, j + 1/2).
 */
export const raysThrough = (camera: Camera, places: Float64Array, size: PictureSize): Rays => {
  const count = places.length / 2;
  const directions = new Float32Array(3 * count);
  const { forward, right, up, slope } = camera;
  for (let i = 0; i < count; i++) {
    const [u, v] = pictureCoordinates(places[2 * i] as number, places[2 * i + 1] as number, size);
    const direction = [0, 1, 2].map(
      k => (forward[k] as number) + slope * (u * (right[k] as number) + v * (up[k] as number)),
    ) as [number, number, number];
    const length = Math.hypot(...direction);
    for (let k = 0; k < 3; k++) directions[3 * i + k] = (direction[k] as number) / length;
  }
  return { origin: camera.position, directions };
};
