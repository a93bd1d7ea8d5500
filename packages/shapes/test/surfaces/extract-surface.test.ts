import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cuboid } from '../../src/analytic/cuboid.ts';
import { gyroid } from '../../src/analytic/gyroid.ts';
import type { ImplicitShape } from '../../src/analytic/implicit-shape.ts';
import { sphere } from '../../src/analytic/sphere.ts';
import { torus } from '../../src/analytic/torus.ts';
import { checkMesh, type MeshReport } from '../../src/meshes/check-mesh.ts';
import type { Mesh } from '../../src/shape.ts';
import { extractSurface } from '../../src/surfaces/extract-surface.ts';
import type { ScalarFunction } from '../../src/surfaces/scalar-function.ts';

/** The properties of every surface that stays in its box. */
const expectManifold = (mesh: Mesh): MeshReport => {
  const report = checkMesh(mesh);
  expect(report).toMatchObject({
    closed: true,
    manifold: true,
    boundaryEdges: 0,
    nonManifoldEdges: 0,
    inconsistentEdges: 0,
    nonManifoldVertices: 0,
    duplicateVertices: 0,
    degenerateTriangles: 0,
    vertices: mesh.positions.length / 3,
  });
  return report;
};

/**
 * Values of a random field on a grid of points, positive at the boundary of the box, so that the surface stays inside.
 */
const gridFunction = (values: Float32Array, cells: number): ScalarFunction => ({
  evaluate: coords =>
    Float32Array.from({ length: coords.length / 3 }, (_, i) => {
      const [x, y, z] = [0, 1, 2].map(k => Math.round(((coords[3 * i + k]! + 1) / 2) * cells)) as [
        number,
        number,
        number,
      ];
      const outside = [x, y, z].some(at => at <= 0 || at >= cells);
      return outside ? 1 : values[(z * (cells + 1) + y) * (cells + 1) + x]!;
    }),
});

describe('analytic shapes', () => {
  const SHAPES: readonly (readonly [string, ImplicitShape, { euler: number; volume: number; area: number }])[] = [
    ['sphere', sphere({ radius: 0.7 }), { euler: 2, volume: (4 / 3) * Math.PI * 0.343, area: 4 * Math.PI * 0.49 }],
    [
      'torus',
      torus({ major: 0.6, minor: 0.25 }),
      { euler: 0, volume: 2 * Math.PI ** 2 * 0.6 * 0.0625, area: 4 * Math.PI ** 2 * 0.15 },
    ],
  ];

  test.each(SHAPES)(
    '%s: genus, orientation, and the second order of area and volume',
    async (_, shape, { euler, volume, area }) => {
      const errors: { volume: number; area: number }[] = [];
      for (const resolution of [12, 24, 48]) {
        const report = expectManifold(await extractSurface(shape, { resolution }));
        expect(report.eulerCharacteristic).toBe(euler);
        expect(report.components).toBe(1);
        expect(report.volume).toBeGreaterThan(0);
        errors.push({ volume: Math.abs(report.volume / volume - 1), area: Math.abs(report.area / area - 1) });
      }
      // Errors fall to a quarter with each halving, with a margin for errors that vary irregularly with the grid.
      for (const [coarse, fine] of [
        [errors[0]!, errors[1]!],
        [errors[1]!, errors[2]!],
      ] as const) {
        expect(fine.volume).toBeLessThan(coarse.volume / 3);
        expect(fine.area).toBeLessThan(coarse.area / 3);
      }
      expect(errors[2]!.volume).toBeLessThan(8e-3);
    },
  );

  test('the sharp edges of a cuboid are cut off by less than a cell', async () => {
    const halfWidths = [0.5, 0.35, 0.6] as const;
    const report = expectManifold(await extractSurface(cuboid({ halfWidths }), { resolution: 40 }));
    expect(report.eulerCharacteristic).toBe(2);
    const exact = 8 * halfWidths[0] * halfWidths[1] * halfWidths[2];
    expect(report.volume).toBeLessThan(exact);
    expect(report.volume).toBeGreaterThan(exact * 0.99);
  });

  test('surfaces through grid points have neither duplicate vertices nor degenerate triangles', async () => {
    // Faces at multiples of the step 1/8, and a sphere through many grid points.
    const faces = expectManifold(await extractSurface(cuboid({ halfWidths: [0.5, 0.25, 0.625] }), { resolution: 16 }));
    // Edges of the cuboid are edges of the grid, and are cut off by up to a cell.
    expect(faces.volume).toBeLessThan(8 * 0.5 * 0.25 * 0.625);
    expect(faces.volume).toBeGreaterThan(0.85 * 8 * 0.5 * 0.25 * 0.625);
    expect(
      expectManifold(await extractSurface(sphere({ radius: 0.625 }), { resolution: 16 })).eulerCharacteristic,
    ).toBe(2);
  });

  test('normals are those of the function, and agree with the triangles', async () => {
    const mesh = await extractSurface(sphere({ radius: 0.5 }), { resolution: 20 });
    const { positions, normals = new Float32Array() } = mesh;
    for (let i = 0; i < positions.length; i += 3) {
      const radius = Math.hypot(positions[i]!, positions[i + 1]!, positions[i + 2]!);
      for (let k = 0; k < 3; k++) expect(normals[i + k]).toBeCloseTo(positions[i + k]! / radius, 5);
    }
  });

  test('inside above the level flips the surface without moving it', async () => {
    const ball = sphere({ radius: 0.5 });
    const occupancy: ScalarFunction = {
      evaluate: coords => ball.evaluate(coords).map(value => 0.5 - value),
      gradient: coords => ball.gradient(coords).map(value => -value),
    };
    const mesh = await extractSurface(occupancy, { resolution: 16, level: 0.5, inside: 'above' });
    const same = await extractSurface(ball, { resolution: 16 });
    expect(checkMesh(mesh).volume).toBeCloseTo(checkMesh(same).volume, 5);
    for (let i = 0; i < same.positions.length; i++) expect(mesh.positions[i]).toBeCloseTo(same.positions[i]!, 5);
    expect(mesh.normals![0]).toBeCloseTo(same.normals![0]!, 4);
  });

  test('other boxes and other resolutions along the axes', async () => {
    const report = expectManifold(
      await extractSurface(sphere({ radius: 1.5 }), {
        resolution: [17, 30, 23],
        box: [
          [-2, 1.75],
          [-1.6, 2],
          [-3, 3],
        ],
      }),
    );
    expect(report.volume / ((4 / 3) * Math.PI * 1.5 ** 3)).toBeCloseTo(1, 1);
    expect(report.eulerCharacteristic).toBe(2);
  });
});

describe('ambiguous cells', () => {
  test('each of the 256 cells is closed if the surrounding points are outside', async () => {
    for (let inside = 1; inside < 256; inside++) {
      const values = new Float32Array(64).fill(1);
      for (let corner = 0; corner < 8; corner++) {
        const at = ((1 + (corner >> 2)) * 4 + 1 + ((corner >> 1) & 1)) * 4 + 1 + (corner & 1);
        // Values of many magnitudes, so that the decider decides both ways.
        values[at] = ((inside >> corner) & 1 ? -1 : 1) * (0.1 + ((corner * 7 + inside) % 11));
      }
      expectManifold(await extractSurface(gridFunction(values, 3), { resolution: 3 }));
    }
  });

  test('random values, the hardest case, give closed manifolds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 ** 30 }),
        fc.integer({ min: 2, max: 11 }),
        fc.double({ min: -0.6, max: 0.6, noNaN: true }),
        async (seed, cells, shift) => {
          const rng = createRng(seed);
          const values = Float32Array.from({ length: (cells + 1) ** 3 }, () => rng.normal() + shift);
          const mesh = await extractSurface(gridFunction(values, cells), { resolution: cells });
          if (mesh.triangles.length > 0) expect(expectManifold(mesh).volume).toBeGreaterThan(0);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  test('zeros and small integers, with ties and corners on the surface', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 125, maxLength: 125 }), async numbers => {
        const mesh = await extractSurface(gridFunction(Float32Array.from(numbers), 4), { resolution: 4 });
        if (mesh.triangles.length > 0) expectManifold(mesh);
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  test('the decider follows the bilinear interpolant: xy = c is two sheets, whichever side is inside', async () => {
    // On every face z = const of the one column of cells around the axis, opposite corners agree.
    for (const c of [-0.05, 0.05]) {
      const saddle: ScalarFunction = {
        evaluate: coords =>
          Float32Array.from({ length: coords.length / 3 }, (_, i) => coords[3 * i]! * coords[3 * i + 1]! - c),
      };
      const { positions, triangles } = await extractSurface(saddle, { resolution: [3, 3, 3] });
      const report = checkMesh({ positions, triangles });
      expect(report.components).toBe(2);
      // The two branches of xy = c are in the quadrants where xy has the sign of c.
      for (let i = 0; i < positions.length; i += 3)
        expect(Math.sign(positions[i]! * positions[i + 1]!)).toBe(Math.sign(c));
    }
  });

  test('a gyroid clipped to the box is one closed surface with many handles', async () => {
    const mesh = await extractSurface(gyroid({ period: 1 }), { resolution: 40, boundary: 'closed' });
    const report = expectManifold(mesh);
    expect(report.eulerCharacteristic).toBeLessThan(-10);
    // The gyroid divides space into equal halves.
    expect(report.volume / 8).toBeCloseTo(0.5, 1);
    for (const value of mesh.positions) expect(Math.abs(value)).toBeLessThanOrEqual(1);
  });
});

describe('skipping blocks', () => {
  test('blocks without a surface are skipped, and the mesh is exactly the same', async () => {
    const shape = torus({ major: 0.6, minor: 0.25 });
    const evaluated: number[] = [];
    const meshes: Mesh[] = [];
    for (const lipschitz of [undefined, 1]) {
      let last = 0;
      const options = {
        resolution: 60,
        ...(lipschitz !== undefined && { lipschitz }),
        onProgress: (p: { evaluated: number }) => {
          last = p.evaluated;
        },
      };
      meshes.push(await extractSurface({ evaluate: shape.evaluate }, options));
      evaluated.push(last);
    }
    expect(checkMesh(meshes[1]!)).toEqual({
      ...checkMesh(meshes[0]!),
      area: expect.closeTo(checkMesh(meshes[0]!).area, 9),
      volume: expect.closeTo(checkMesh(meshes[0]!).volume, 9),
    });
    expect(evaluated[0]).toBe(61 ** 3);
    expect(evaluated[1]).toBeLessThan(61 ** 3 / 2);
    const sorted = ({ positions }: Mesh): string[] =>
      Array.from({ length: positions.length / 3 }, (_, i) => positions.subarray(3 * i, 3 * i + 3).join()).sort();
    expect(sorted(meshes[1]!)).toEqual(sorted(meshes[0]!));
  });

  test('a shape that fills the box is capped even where blocks are skipped', async () => {
    const full: ScalarFunction = { evaluate: coords => new Float32Array(coords.length / 3).fill(-5) };
    const report = expectManifold(await extractSurface(full, { resolution: 24, boundary: 'closed', lipschitz: 1 }));
    expect(report.eulerCharacteristic).toBe(2);
    // The 12 edges of the box, of length 2, lose a prism with half a cell's cross-section, h^2 / 2.
    expect(report.volume).toBeCloseTo(8 - 12 * 2 * ((1 / 12) ** 2 / 2), 2);
  });

  test('no surface: no vertices', async () => {
    const none: ScalarFunction = { evaluate: coords => new Float32Array(coords.length / 3).fill(1) };
    const { positions, triangles } = await extractSurface(none, { resolution: 5 });
    expect([positions.length, triangles.length]).toEqual([0, 0]);
  });

  test('a surface has a boundary where it leaves an open box', async () => {
    expect(checkMesh(await extractSurface(sphere({ radius: 1.2 }), { resolution: 16 })).boundaryEdges).toBeGreaterThan(
      0,
    );
  });
});

test('refined vertices are on the surface', async () => {
  const shape = gyroid({ period: 1.3 });
  const worst = async (refine: number): Promise<number> => {
    const { positions } = await extractSurface(
      { evaluate: shape.evaluate },
      { resolution: 16, refine, boundary: 'open' },
    );
    // The centres of loops are not on the surface; they are rare.
    const values = shape.evaluate(positions).map(Math.abs).sort();
    return values[Math.floor(values.length * 0.95)]!;
  };
  const [linear, refined] = [await worst(0), await worst(4)];
  expect(linear).toBeGreaterThan(1e-3);
  expect(refined).toBeLessThan(1e-5);
  expectManifold(await extractSurface(sphere({ radius: 0.6 }), { resolution: 13, refine: 3 }));
});

describe('batches', () => {
  test('the mesh does not depend on the batch size', async () => {
    const shape = torus({ major: 0.6, minor: 0.25 });
    const whole = await extractSurface(shape, { resolution: 20 });
    expect(await extractSurface(shape, { resolution: 20, batch: 97 })).toEqual(whole);
  });

  test('an abort takes effect between batches', async () => {
    const controller = new AbortController();
    let calls = 0;
    const shape = sphere({ radius: 0.5 });
    const source: ScalarFunction = {
      evaluate: coords => {
        if (++calls === 3) controller.abort(new Error('enough'));
        return shape.evaluate(coords);
      },
    };
    await expect(extractSurface(source, { resolution: 20, batch: 100, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    expect(calls).toBe(3);
  });

  test('progress ends at the last layer', async () => {
    const seen: number[] = [];
    await extractSurface(sphere({ radius: 0.5 }), {
      resolution: 20,
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    expect(seen).toEqual([8 / 20, 16 / 20, 1]);
  });
});

describe('errors', () => {
  const ball = sphere({ radius: 0.5 });
  test.each([
    [{ resolution: 0 }, 'extractSurface: resolution must be from 1 to 4096 cells, or three such numbers, got 0'],
    [{ resolution: 4, batch: 0 }, 'extractSurface: batch must be a positive integer, got 0'],
    [{ resolution: 4, refine: -1 }, 'extractSurface: refine must be an integer of at least 0, got -1'],
    [
      { resolution: 4, lipschitz: Number.NaN },
      'extractSurface: lipschitz must be a finite number of at least 0, got NaN',
    ],
    [{ resolution: 4, level: Number.POSITIVE_INFINITY }, 'extractSurface: level must be finite, got Infinity'],
    [
      {
        resolution: 4,
        box: [
          [0, 1],
          [1, 0],
          [0, 1],
        ] as const,
      },
      'extractSurface: box must be',
    ],
  ])('%o', async (options, message) => {
    await expect(extractSurface(ball, options)).rejects.toThrow(message);
  });

  test('a function that is not finite', async () => {
    const broken: ScalarFunction = { evaluate: coords => new Float32Array(coords.length / 3).fill(Number.NaN) };
    await expect(extractSurface(broken, { resolution: 4 })).rejects.toMatchObject({ problem: 'not-finite' });
  });

  test('a function that returns too few values', async () => {
    await expect(extractSurface({ evaluate: () => new Float32Array(1) }, { resolution: 4 })).rejects.toThrow('got 1');
  });
});
