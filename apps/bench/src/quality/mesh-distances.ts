/** @file Signed distances from a closed mesh: negative inside. */
import { createKdTree, insideTest, type Mesh } from '@neural-fields/shapes';

type Point = readonly [x: number, y: number, z: number];

const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Point, b: Point): Point => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** The squared distance of p from the segment from a along d. */
const squaredFromSegment = (p: Point, a: Point, d: Point): number => {
  const to = minus(p, a);
  const length = dot(d, d);
  const t = length > 0 ? Math.min(1, Math.max(0, dot(to, d) / length)) : 0;
  const rest = minus(to, [t * d[0], t * d[1], t * d[2]]);
  return dot(rest, rest);
};

/**
 * The squared distance of p from a triangle: from its plane where p lies over the triangle, which is on the inner side
 * of the three planes through an edge and the normal; from the nearest edge elsewhere.
 */
const squaredFromTriangle = (p: Point, [a, b, c]: readonly [Point, Point, Point]): number => {
  const edges = [
    [a, minus(b, a)],
    [b, minus(c, b)],
    [c, minus(a, c)],
  ] as const;
  const normal = cross(edges[0][1], edges[1][1]);
  const area = dot(normal, normal);
  if (area > 0 && edges.every(([from, d]) => dot(cross(normal, d), minus(p, from)) >= 0)) {
    const height = dot(normal, minus(p, a));
    return (height * height) / area;
  }
  return Math.min(...edges.map(([from, d]) => squaredFromSegment(p, from, d)));
};

/** The corners of a mesh's triangles, and for each a ball around it. */
const ballsOf = ({ positions, triangles }: Mesh) => {
  const at = (vertex: number): Point => [
    positions[3 * vertex] as number,
    positions[3 * vertex + 1] as number,
    positions[3 * vertex + 2] as number,
  ];
  const count = triangles.length / 3;
  const centres = new Float64Array(3 * count);
  const radii = new Float64Array(count);
  const corners = Array.from({ length: count }, (_, i): readonly [Point, Point, Point] => [
    at(triangles[3 * i] as number),
    at(triangles[3 * i + 1] as number),
    at(triangles[3 * i + 2] as number),
  ]);
  for (const [i, [a, b, c]] of corners.entries()) {
    const centre: Point = [(a[0] + b[0] + c[0]) / 3, (a[1] + b[1] + c[1]) / 3, (a[2] + b[2] + c[2]) / 3];
    centres.set(centre, 3 * i);
    radii[i] = Math.sqrt(Math.max(...[a, b, c].map(corner => dot(minus(corner, centre), minus(corner, centre)))));
  }
  return { corners, centres, radii };
};

/**
 * Exact signed distances of points from a closed mesh, negative inside. A triangle is looked at only if a ball around
 * it is nearer than the nearest vertex.
 *
 * @param coords `f32[n, 3]`
 * @returns `f32[n]`
 * @throws ShapeError when the mesh is not closed
 */
export const signedDistances = (mesh: Mesh, coords: Float32Array): Float32Array => {
  const inside = insideTest(mesh)(coords);
  const { corners, centres, radii } = ballsOf(mesh);
  const used = Float32Array.from(
    [...new Set(mesh.triangles)].flatMap(v => [...mesh.positions.subarray(3 * v, 3 * v + 3)]),
  );
  const vertices = createKdTree(used);
  return Float32Array.from({ length: coords.length / 3 }, (_, i) => {
    const p = [coords[3 * i] as number, coords[3 * i + 1] as number, coords[3 * i + 2] as number] as const;
    let nearest = vertices.nearest(...p).squaredDistance;
    for (let t = 0; t < radii.length; t++) {
      const [x, y, z] = [centres[3 * t]! - p[0], centres[3 * t + 1]! - p[1], centres[3 * t + 2]! - p[2]];
      const reach = Math.sqrt(nearest) + radii[t]!;
      if (x * x + y * y + z * z < reach * reach) nearest = Math.min(nearest, squaredFromTriangle(p, corners[t]!));
    }
    return (inside[i] === 1 ? -1 : 1) * Math.sqrt(nearest);
  });
};
