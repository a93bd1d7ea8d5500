/** @file The demonstration: a field learns a photograph, and a page shows what it has learned. */
import { join } from 'node:path';
import {
  assertMemory,
  type BackendOptions,
  chooseBackend,
  createProgress,
  formatCount,
  formatDecibels,
  formatSeconds,
  listenForInterrupt,
  type Output,
  plural,
  UsageError,
} from '@neural-fields/app-kit';
import { withOutputFolder } from '@neural-fields/app-kit/files';
import { defaultChunkSize, networkMemory, openCheckpoint, type ResumePolicy } from '@neural-fields/app-kit/fitting';
import { photograph, readPicture } from '@neural-fields/app-kit/photograph';
import type { Region } from '@neural-fields/app-kit/render';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import { createField, encodeField, siren } from '@neural-fields/core';
import { removeTemporaryFiles, writeFileAtomically } from '@neural-fields/core/node';
import { standaloneSvg } from '@neural-fields/report';
import { encodeImage, type Image, resizeImage } from '@neural-fields/signals';
import { fieldMetadata } from '../files/field-metadata.ts';
import { runFit } from '../fitting/run-fit.ts';
import { type ImageFigures, makeImageFigures } from '../page/image/figures.ts';
import { imagePageOf } from '../page/image/image-page.ts';
import { NYQUIST } from '../page/image/spectra.ts';
import { curvePlot, spectrumPlot } from '../page/plots.ts';
import { openRecording } from '../recording/recording.ts';
import { presets } from '../settings/presets.ts';
import { signalFromImage } from '../signals/prepare-image.ts';
import { measureQuality } from '../signals/quality.ts';
import { demoPageText } from './page.ts';
import { type DemoSettings, demoSettings } from './settings.ts';

/** The enlarged detail: the summit and the fir in front of it. */
const DETAIL: Region = { x0: 0.25, y0: 0.1, x1: 0.75, y1: 0.6 };

/** The options of the demonstration. */
export interface DemoOptions extends BackendOptions {
  /** The output folder; created if it is missing. */
  readonly out: string;
  readonly policy: ResumePolicy;
  /** Overrides the backend's default. */
  readonly size?: number | undefined;
  readonly steps?: number | undefined;
  readonly hiddenFeatures?: number | undefined;
  readonly hiddenLayers?: number | undefined;
  readonly batch?: 'full' | number | undefined;
  readonly learningRate?: number | undefined;
  readonly checkpointEvery: number;
  /** Write into the folder even if it holds other files. */
  readonly force?: boolean | undefined;
  /** The command as it was given, for the page. */
  readonly command: string;
}

/** The backend's settings, with the overrides from the command line. */
const settingsOf = (backend: string, options: DemoOptions): DemoSettings => {
  const table = demoSettings(backend);
  const { size, steps, hiddenFeatures, hiddenLayers, batch, learningRate } = options;
  const given = Object.entries({ size, steps, hiddenFeatures, hiddenLayers, batch, learningRate }).filter(
    ([, value]) => value !== undefined,
  );
  const changed: DemoSettings = {
    ...table,
    size: size ?? table.size,
    hiddenFeatures: hiddenFeatures ?? table.hiddenFeatures,
    hiddenLayers: hiddenLayers ?? table.hiddenLayers,
    reason:
      given.length > 0
        ? `${given.map(([name, value]) => `${name} ${value}`).join(', ')} by the command line`
        : table.reason,
  };
  const points = changed.size ** 2;
  const wanted = batch ?? table.fit.batch;
  return {
    ...changed,
    fit: {
      ...table.fit,
      steps: steps ?? table.fit.steps,
      learningRate: learningRate ?? table.fit.learningRate,
      batch: wanted === 'full' || wanted >= points ? 'full' : wanted,
    },
  };
};

/** The files in the folder other than the page and its pictures, each with a description. */
const files: readonly (readonly [string, string])[] = [
  ['field.safetensors', 'the field: its parameters, its network and what it stands for'],
  ['metrics.json', 'all settings and results'],
  ['progress.jsonl', 'the training curve, a step a line'],
  ['psnr.svg', 'the plot of the PSNR'],
  ['spectrum.svg', 'the plot of the amplitudes'],
];

const encodePictures = async (pictures: Readonly<Record<string, Image>>): Promise<Record<string, Uint8Array>> => {
  const encoded: Record<string, Uint8Array> = {};
  for (const [name, image] of Object.entries(pictures)) encoded[name] = await encodeImage(image, { format: 'png' });
  return encoded;
};

const fitPhotograph = async (options: DemoOptions, output: Output): Promise<void> => {
  const { out, policy } = options;
  await removeTemporaryFiles(out);
  const file = (name: string): string => join(out, name);
  const backend = await chooseBackend(options, output);
  const settings = settingsOf(backend.name, options);
  const { size, hiddenFeatures, hiddenLayers, omega0, weightScale } = settings;
  const scale = weightScale === undefined ? {} : { weightScale };
  const whole = await readPicture();
  if (size > (whole.shape[0] as number))
    throw new UsageError({
      what: '--size',
      wanted: `at most ${whole.shape[0]}, the sides of the photograph`,
      got: String(size),
    });
  const picture = resizeImage(whole, { width: size, height: size, kernel: 'area' });
  const prepared = await signalFromImage(picture, { grid: 'pixel-centred' });
  const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, omega0, ...scale });
  assertMemory(networkMemory(spec, { hiddenFeatures, checkpoint: true }));
  const field = createField(spec, { seed: settings.fit.seed });
  const fit = { ...settings.fit, chunkSize: defaultChunkSize(backend.name, field.parameterCount) };
  const checkpoint = await openCheckpoint(file('field.safetensors.checkpoint'), { policy, steps: fit.steps }, output);
  const progress = createProgress(output, { total: fit.steps, unit: 'step' });
  const interrupt = listenForInterrupt(() => {
    progress.stop();
    output.log('stopping after this chunk; another Ctrl-C stops at once');
  });
  const batch = fit.batch === 'full' ? 'all pixels a step' : `${formatCount(fit.batch)} pixels a step`;
  output.log(
    `${photograph.author}, ${photograph.title}, ${photograph.year}: ${size} x ${size} pixels (${settings.reason})`,
  );
  output.log(`fits ${formatCount(field.parameterCount)} parameters, ${batch}, ${plural(fit.steps, 'step')}`);
  const page = file('index.html');
  const recording = await openRecording({
    paths: {
      page,
      snapshots: file('index.html.snapshots'),
      history: { path: file('progress.jsonl'), isLog: true },
      events: undefined,
    },
    field,
    prepared,
    steps: fit.steps,
    checkpoint,
    output,
    signal: interrupt.signal,
  });
  try {
    await runFit(field, prepared, {
      settings: fit,
      recoveries: presets.fast.image.recoveries,
      backend: backend.name,
      output,
      progress,
      signal: interrupt.signal,
      checkpoint: { file: recording.checkpoint ?? checkpoint, everySeconds: options.checkpointEvery },
      report: recording.report,
    });
    const { recorded } = recording;
    const seconds = recorded.seconds ?? 0;
    output.log('draws the figures');
    const quality = await measureQuality(field, prepared.points, interrupt.signal);
    const metadata = fieldMetadata({
      source: photograph.name,
      signal: prepared.description,
      sha256: prepared.sha256,
      settings: { ...settings.fit, hiddenFeatures, hiddenLayers, omega0, ...scale },
      backend: backend.name,
      figures: { psnr: quality.psnr, mse: quality.mse },
    });
    await writeFileAtomically(file('field.safetensors'), await encodeField(field, metadata));
    const description = prepared.description as ImageDescription;
    const figures = await makeImageFigures({
      field,
      description,
      points: prepared.points,
      zoomTarget: { region: DETAIL, reference: whole },
      signal: interrupt.signal,
    });
    const metrics = figures.metrics as NonNullable<ImageFigures['metrics']>;
    const psnrs = recorded.history.map(({ step, metrics: { psnr = Number.NaN } }) => ({ step, value: psnr }));
    const final = { value: metrics.psnr, text: `${metrics.psnr.toFixed(1)} dB` };
    const plots = {
      psnr: curvePlot(psnrs, { label: 'PSNR (dB)', final }),
      spectrum: figures.spectra && spectrumPlot(figures.spectra.picture, figures.spectra.field, NYQUIST),
    };
    const pictures = await encodePictures(figures.pictures);
    for (const [name, bytes] of Object.entries(pictures)) await writeFileAtomically(file(`${name}.png`), bytes);
    const text = new TextEncoder();
    await writeFileAtomically(file('psnr.svg'), text.encode(standaloneSvg(plots.psnr)));
    if (plots.spectrum) await writeFileAtomically(file('spectrum.svg'), text.encode(standaloneSvg(plots.spectrum)));
    const results = {
      command: options.command,
      photograph,
      size,
      network: { hiddenFeatures, hiddenLayers, omega0, ...scale, parameters: field.parameterCount },
      fit,
      backend: { name: backend.name, reason: backend.reason },
      sizeReason: settings.reason,
      seconds,
      metrics: { ...metrics, ...(figures.zoom.metrics && { zoom: figures.zoom.metrics }), mse: quality.mse },
    };
    await writeFileAtomically(file('metrics.json'), text.encode(`${JSON.stringify(results, null, 2)}\n`));
    const html = await imagePageOf(
      {
        field,
        description,
        original: prepared,
        name: `${photograph.author}, ${photograph.title}`,
        fieldFile: 'field.safetensors',
        figures: { psnr: metrics.psnr },
        ...recorded,
        settings: { ...fit, size },
        backend: backend.name,
        command: options.command,
        output,
        signal: interrupt.signal,
      },
      figures,
      demoPageText({ size, sizeReason: settings.reason, pictures: Object.keys(pictures), files }),
    );
    await writeFileAtomically(page, text.encode(html));
    await checkpoint.remove();
    await recording.finish();
    output.event('done', { folder: out, page, ...metrics, seconds });
    output.result(
      `PSNR ${formatDecibels(metrics.psnr)}, SSIM ${metrics.ssim.toFixed(4)}, fitted in ${formatSeconds(seconds)}`,
    );
    output.result(`page ${page}`);
  } finally {
    recording.dispose();
    interrupt.dispose();
    field.dispose();
  }
};

/**
 * Fits the photograph, or resumes the fit, and writes the folder.
 *
 * @throws InputError when the folder cannot be written or belongs to another run, InterruptedError when it is stopped
 */
export const runDemo = (options: DemoOptions, output: Output): Promise<void> =>
  withOutputFolder(options.out, { option: '--out', force: options.force }, () => fitPhotograph(options, output));
