/** @file Everything public of the shapes package. */
export { cuboid } from './analytic/cuboid.ts';
export { gyroid } from './analytic/gyroid.ts';
export type { ImplicitShape, Vector } from './analytic/implicit-shape.ts';
export { sphere } from './analytic/sphere.ts';
export { type TorusOptions, torus } from './analytic/torus.ts';
export { type DecodedShape, type DecodeShapeOptions, decodeShape } from './files/decode-shape.ts';
export { type EncodeGlbOptions, encodeGlb } from './files/encode-glb.ts';
export { encodeObj } from './files/encode-obj.ts';
export { type EncodePlyOptions, encodePly } from './files/encode-ply.ts';
export type { ShapeLimits } from './files/file-shape.ts';
export type { ShapeFormat } from './files/shape-format.ts';
export { checkMesh, type MeshReport } from './meshes/check-mesh.ts';
export { insideTest } from './meshes/inside-test.ts';
export { type OrientedMesh, orientMesh } from './meshes/orient-mesh.ts';
export { vertexNormals } from './meshes/vertex-normals.ts';
export { weld } from './meshes/weld.ts';
export { type EikonalError, eikonalError } from './metrics/eikonal-error.ts';
export { createKdTree, type KdTree, type Nearest } from './metrics/kd-tree.ts';
export { type SurfaceDistance, surfaceDistance } from './metrics/surface-distance.ts';
export { type Occupancy, occupancyBelow, type VolumeIouOptions, volumeIou } from './metrics/volume-iou.ts';
export { windingNumber } from './metrics/winding-number.ts';
export {
  applySimilarity,
  formatSimilarity,
  inverseSimilarity,
  parseSimilarity,
  SIMILARITY_KEY,
  type Similarity,
  type UnitBoxOptions,
  unitBox,
} from './normalise/unit-box.ts';
export { sampleMesh } from './sampling/sample-mesh.ts';
export { type SdfPointOptions, sdfPoints } from './sampling/sdf-points.ts';
export { surfacePoints } from './sampling/surface-points.ts';
export type { SamplerOptions } from './sampling/surface-sampler.ts';
export type { AffineMap, AffineRow } from './scenes/affine-map.ts';
export {
  type SceneChild,
  type SceneFunction,
  type SceneOptions,
  type SceneOverlap,
  sceneFunction,
} from './scenes/scene-function.ts';
export { isMesh, type Mesh, type PointCloud } from './shape.ts';
export { ShapeError, type ShapeProblem } from './shape-error.ts';
export type { Offset } from './shape-offset.ts';
export { type ExtractOptions, type ExtractProgress, extractSurface } from './surfaces/extract-surface.ts';
export type { Bounds, Interval } from './surfaces/grid.ts';
export { fieldFunction, type ScalarFunction } from './surfaces/scalar-function.ts';
