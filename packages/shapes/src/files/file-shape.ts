/** @file The result of a reader: the content of the file, in double precision. */

/** Faces with any number of vertices. */
export interface Polygons {
  /** The vertex indices of all faces, one face after another. */
  readonly vertexIndices: Uint32Array;
  /** The number of vertices of each face. */
  readonly sizes: Uint32Array;
}

/** A shape as stored in its file, before it is checked, triangulated and moved. */
export interface FileShape {
  /** `f64[n, 3]` */
  readonly positions: Float64Array;
  /** `f32[n, 3]`, of any length; 0 or NaN if a normal is unknown. */
  readonly normals?: Float32Array;
  /** Absent for a point cloud. */
  readonly faces?: Polygons;
  /** Whether vertices with equal positions are merged. */
  readonly weld: boolean;
  /** The precision of the file's numbers. */
  readonly precision: 'float32' | 'float64';
  /** What was ignored or assumed, in sentences without a full stop. */
  readonly notes: readonly string[];
}

/** The limits on the size of a shape. */
export interface ShapeLimits {
  /** The maximum number of points; 50 million if absent. */
  readonly maxPoints?: number;
  /** The maximum number of triangles; 100 million if absent. */
  readonly maxTriangles?: number;
}
