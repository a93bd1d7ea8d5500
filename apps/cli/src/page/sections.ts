/** @file The sections that the pages of all kinds of signals have. */
import { formatCount, formatSeconds } from '@neural-fields/app-kit';
import { describeSignal } from '@neural-fields/app-kit/signals';
import {
  escapeHtml,
  figureTable,
  interactiveScript,
  interactiveStyle,
  makePage,
  propertyTable,
  section,
  stepsFigure,
} from '@neural-fields/report';
import { encodeImage, type Image } from '@neural-fields/signals';
import { layerRows } from '../files/layer-rows.ts';
import type { PageInput } from './page-input.ts';
import { type CurveOptions, type CurvePoint, curvePlot } from './plots.ts';

/** A page with interactive figures. */
export const interactivePage = (title: string, bodyHtml: string): string =>
  makePage({ title, bodyHtml, css: interactiveStyle, script: interactiveScript });

/** A picture as PNG, whose values are exact to 8 bits. */
export const exactPicture = (image: Image): Promise<Uint8Array> => encodeImage(image, { format: 'png' });

/** A picture as WebP, which is smaller and not exact. */
export const smallPicture = (image: Image): Promise<Uint8Array> => encodeImage(image, { format: 'webp', quality: 90 });

/** Spells `learningRate` as `learning rate`. */
const spelled = (name: string): string => name.replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);

const shownValue = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);

/** The settings of the fit, the layers of the network, the command that made the field, and commands that render it. */
export const howItWasMade = (input: PageInput): string => {
  const { field, settings, backend, seconds, command, fieldFile, description } = input;
  const given = Object.entries(settings).filter(([, value]) => value !== undefined && value !== null);
  const rows: (readonly [string, string])[] = [
    ['signal', escapeHtml(describeSignal(description))],
    ['parameters', formatCount(field.parameterCount)],
    ...given.map(([name, value]) => [escapeHtml(spelled(name)), escapeHtml(shownValue(value))] as const),
  ];
  if (backend !== undefined) rows.push(['backend', escapeHtml(backend)]);
  if (seconds !== undefined) rows.push(['time', `${formatSeconds(seconds)} of fitting`]);
  const layers = layerRows({ data: { spec: field.spec } }).map(({ layer, kind, shape, activation, parameters }) => [
    String(layer),
    kind,
    shape,
    activation,
    formatCount(parameters),
  ]);
  const more = {
    image: [`render ${fieldFile} -o large.png --size 2048`, `render ${fieldFile} -o edges.png --derivative gradient`],
    audio: [`render ${fieldFile} -o sound.wav`],
    shape: [`mesh ${fieldFile} -o surface.glb`, `render ${fieldFile} -o surface.png`],
  }[description.kind];
  return section(
    'How this was made',
    `${propertyTable(rows)}
${figureTable({ header: ['layer', 'kind', 'features', 'activation', 'parameters'], rows: layers })}
<p>The command:</p>
<pre>${escapeHtml(command)}</pre>
<p>To render the field at any size:</p>
<pre>${escapeHtml(more.map(line => `neural-fields ${line}`).join('\n'))}</pre>`,
  );
};

/** How a training curve is read from the reports. */
export interface CurveReading extends Pick<CurveOptions, 'label' | 'isLogarithmic' | 'final'> {
  readonly values: readonly CurvePoint[];
  /** Formats `31.20 dB`. */
  readonly format: (value: number) => string;
  /** What the pictures show, as markup. */
  readonly captionHtml: string;
}

/** The training curve beside pictures of the field during the fit; empty if the fit's history is unknown. */
export const howItLearned = ({ history, snapshots }: PageInput, reading: CurveReading): string => {
  if (history.length === 0) return '';
  const { values, format, captionHtml, ...options } = reading;
  const plotSvg = curvePlot(values, { ...options, pictureSteps: snapshots.map(({ step }) => step) });
  if (snapshots.length === 0) return section('How it learned', `<figure class="plot">${plotSvg}</figure>`);
  const valueAt = new Map(values.map(({ step, value }) => [step, value]));
  const pictures = snapshots.map(({ step, webp }) => {
    const value = valueAt.get(step);
    return { bytes: webp, label: `step ${step}${value === undefined ? '' : `: ${format(value)}`}` };
  });
  return section('How it learned', stepsFigure({ title: 'Steps of the fit', captionHtml, pictures, plotSvg }));
};
