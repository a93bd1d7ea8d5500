/** @file Shapes from files: decoded, oriented and checked. */
import {
  checkMesh,
  type DecodedShape,
  decodeShape,
  type Mesh,
  orientMesh,
  ShapeError,
  weld,
} from '@neural-fields/shapes';
import { explainedWithin, InputError } from '../errors.ts';
import { describeForeign, isPly } from '../files/describe-foreign.ts';
import { formatCount, plural } from '../output/format.ts';

/**
 * Decodes a shape; `undefined` if the bytes are not a shape at all.
 *
 * @throws InputError when the shape is damaged
 */
export const decodeShapeInput = async (path: string, bytes: Uint8Array): Promise<DecodedShape | undefined> => {
  // Binary STL can be recognised only by its name, which a picture may have too.
  if (!isPly(bytes) && describeForeign(bytes) !== undefined) return undefined;
  try {
    return await decodeShape(bytes, { name: path });
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    if (error.problem === 'not-a-shape') return undefined;
    throw new InputError(explainedWithin(`cannot read '${path}'`, error), { cause: error });
  }
};

/** Orients the triangles of a mesh outwards, and adds remarks on the mesh to `notes`. */
export const inspectMesh = (mesh: Mesh, notes: string[]): Mesh => {
  const oriented = orientMesh(mesh);
  const { flippedTriangles, flippedParts, closedParts, buriedParts } = oriented;
  // Vertices at the same position count as one, whether or not the file's triangles share them.
  const { closed, boundaryEdges, nonManifoldEdges, inconsistentEdges, degenerateTriangles } = checkMesh(
    weld({ ...oriented.mesh, near: true }),
  );
  if (!closed) {
    const faults = [
      boundaryEdges > 0 && `${plural(boundaryEdges, 'boundary edge')}`,
      nonManifoldEdges > 0 && `${plural(nonManifoldEdges, 'non-manifold edge')}`,
      inconsistentEdges > 0 && `${plural(inconsistentEdges, 'edge')} between triangles of opposite orientation`,
    ].filter(Boolean);
    notes.push(`the mesh is not closed (${faults.join(', ')}): the field closes it arbitrarily`);
  }
  if (degenerateTriangles > 0) notes.push(`${plural(degenerateTriangles, 'triangle')} without area`);
  if (flippedTriangles > 0)
    notes.push(`${plural(flippedTriangles, 'triangle')} had another orientation than the rest, and were flipped`);
  if (flippedParts === 1 && closedParts === 1) notes.push('the triangles face inwards, and were flipped');
  else if (flippedParts > 0)
    notes.push(
      `${formatCount(flippedParts)} of ${formatCount(closedParts)} closed bodies faced inwards, and were flipped`,
    );
  if (buriedParts > 0)
    notes.push(
      `${formatCount(buriedParts)} of ${formatCount(closedParts)} closed bodies are inside others with the same orientation: surfaces within the solid`,
    );
  if (!oriented.nestingKnown)
    notes.push(
      `${formatCount(closedParts)} closed bodies are too many to find which contain others: oriented by their total volume`,
    );
  return oriented.mesh;
};
