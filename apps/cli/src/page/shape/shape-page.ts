/** @file The page of a shape's field. */
import { formatCount, formatSeconds } from '@neural-fields/app-kit';
import { pointsPerPass, slicePicture } from '@neural-fields/app-kit/render';
import { describeSignal, type ShapeDescription } from '@neural-fields/app-kit/signals';
import {
  compareFigure,
  escapeHtml,
  figureTable,
  numberList,
  pictureFigure,
  section,
  stepsFigure,
} from '@neural-fields/report';
import { fieldFunction, isMesh, type Mesh } from '@neural-fields/shapes';
import ndarray from 'ndarray';
import type { PageInput } from '../page-input.ts';
import { howItLearned, howItWasMade, interactivePage, smallPicture } from '../sections.ts';
import { FRONT, pictureOf, surfaceOf } from './surface.ts';

/** The number of cells along each axis from which the surface is extracted, and of pixels along its pictures' sides. */
const RESOLUTION = 96;
const SIDE = 384;
const TURN_SIDE = 256;
/** The number of pictures in a full turn. */
const TURN_VIEWS = 16;
/** A mesh with more triangles is not drawn beside the field's: that would take as long as the fit. */
const MAX_TRIANGLES = 300_000;
/**
 * A fitted field's gradient has a length of about 1; blocks that by this bound cannot contain the surface are skipped.
 */
const LIPSCHITZ = 4;

const SLICES = ['x', 'y', 'z'] as const;
const SLICE_SIDE = 160;

const number = (value: number): string => String(Number(value.toPrecision(3)));

const statistics = (figures: PageInput['figures']): string => {
  const { surfaceError, normalError, eikonalError } = figures;
  if (surfaceError === undefined || normalError === undefined || eikonalError === undefined) return '';
  return section(
    'Errors',
    figureTable({
      header: ['measure', 'mean'],
      rows: [
        ["distance of the shape's points from the surface, in the file's units", number(surfaceError)],
        ['angle between the gradient and the normals there, in degrees', normalError.toFixed(2)],
        ["difference of the gradient's length from 1 near the surface", eikonalError.toFixed(4)],
      ],
    }),
  );
};

const drawSlices = async ({ field, signal }: PageInput): Promise<string> => {
  const pictures: string[] = [];
  for (const axis of SLICES) {
    const size = { width: SLICE_SIDE, height: SLICE_SIDE, signal };
    const slice = { axis, at: 0 };
    const pixels = await slicePicture(fieldFunction(field), {
      ...size,
      slice,
      pointsPerPass: pointsPerPass(field, 'value'),
    });
    const bytes = await smallPicture(ndarray(pixels, [SLICE_SIDE, SLICE_SIDE, 3]));
    pictures.push(pictureFigure(bytes, { title: `${axis} = 0`, captionHtml: '' }));
  }
  return section(
    'Distances',
    `<p>The field in three planes through the middle of the box: blue is inside, orange outside, the thick line is the surface, and thin lines are
levels 0.1 apart in the field's units, in which the box is 2 wide.</p>
<div class="figures three drawings">${pictures.join('\n')}</div>`,
  );
};

/** Pictures of the surface from all sides, as a turntable. */
const drawTurn = async (mesh: Mesh): Promise<string> => {
  const pictures = [];
  for (let i = 0; i < TURN_VIEWS; i++) {
    // The last picture, at which the slider starts, is the front view.
    const azimuth = (FRONT.azimuth + (360 * (i + 1)) / TURN_VIEWS) % 360;
    const picture = pictureOf(mesh, { side: TURN_SIDE, from: { ...FRONT, azimuth } });
    pictures.push({ bytes: await smallPicture(picture), label: `seen from ${azimuth.toFixed(0)} degrees` });
    await new Promise(resolve => setImmediate(resolve));
  }
  return stepsFigure({
    title: 'The surface from all sides',
    captionHtml: 'The zero level of the field. Move the slider to see it from other sides.',
    pictures,
  });
};

const surfaceSection = async ({ original }: PageInput, mesh: Mesh): Promise<string> => {
  if (mesh.triangles.length === 0)
    return section('The surface', '<p>The field has no surface: it is zero nowhere in its box.</p>');
  const shape = original?.shape;
  const turn = await drawTurn(mesh);
  if (shape === undefined || !isMesh(shape) || shape.triangles.length / 3 > MAX_TRIANGLES)
    return section('The surface', `<div class="figures two plots">${turn}</div>`);
  const draw = (each: Mesh): Promise<Uint8Array> => smallPicture(pictureOf(each, { side: SIDE, from: FRONT }));
  return section(
    'The shape and the surface',
    `<div class="figures two plots">
${compareFigure({
  title: 'Original and field',
  captionHtml: 'The mesh of the file, and the zero level of the field.',
  left: { bytes: await draw(shape), name: 'Original' },
  right: { bytes: await draw(mesh), name: 'Field' },
})}
${turn}</div>`,
  );
};

/** The page of a shape's field. @throws the reason of the signal when it is aborted */
export const shapePage = async (input: PageInput<ShapeDescription>): Promise<string> => {
  const { field, description, figures, history, backend, seconds, name, signal } = input;
  const mesh = await surfaceOf(field, { resolution: RESOLUTION, lipschitz: LIPSCHITZ, signal });
  const numbers: (readonly [string, string])[] = [
    ...(figures['surfaceError'] === undefined ? [] : [['surface error', number(figures['surfaceError'])] as const]),
    ...(figures['normalError'] === undefined
      ? []
      : [['normal error', `${figures['normalError'].toFixed(1)} degrees`] as const]),
    ['parameters', formatCount(field.parameterCount)],
    ...(seconds === undefined ? [] : [['time to fit', formatSeconds(seconds)] as const]),
    ...(backend === undefined ? [] : [['backend', backend] as const]),
  ];
  const bodyHtml = `<h1>${escapeHtml(name)}</h1>
<p class="lead">A neural field of ${escapeHtml(describeSignal(description))}: a network that maps a point of space to its distance from the surface,
negative inside.</p>
${numberList(numbers)}
${[
  await surfaceSection(input, mesh),
  howItLearned(input, {
    label: 'loss',
    isLogarithmic: true,
    values: history.map(({ step, loss }) => ({ step, value: loss })),
    format: value => `loss ${value.toExponential(2)}`,
    captionHtml: 'Move the slider to see the surface after some steps.',
  }),
  await drawSlices(input),
  statistics(figures),
  howItWasMade(input),
].join('\n')}`;
  return interactivePage(name, bodyHtml);
};
