/** @file What a reader hands on: everything the file says, in double precision. */

/** Faces of any number of corners. */
export interface Polygons {
  /** The corners of all faces, one after the other: rows of positions. */
  readonly corners: Uint32Array;
  /** The number of corners of each face. */
  readonly sizes: Uint32Array;
}

/** A shape as its file has it, before it is checked, cut into triangles and moved. */
export interface FileShape {
  /** `f64[n, 3]` */
  readonly positions: Float64Array;
  /** `f32[n, 3]`, of any length; 0 or NaN where a normal is not known. */
  readonly normals?: Float32Array;
  /** Absent for a point cloud. */
  readonly faces?: Polygons;
  /** Whether corners at the same place become one. */
  readonly weld: boolean;
  /** The precision that the file's numbers have. */
  readonly precision: 'float32' | 'float64';
  /** What was left out or assumed, in sentences without a full stop. */
  readonly notes: readonly string[];
}

/** How much of a shape is read. */
export interface ShapeLimits {
  /** The points that a file may have; 50 million if absent. */
  readonly maxPoints?: number;
  /** The triangles that a file may have; 100 million if absent. */
  readonly maxTriangles?: number;
}
