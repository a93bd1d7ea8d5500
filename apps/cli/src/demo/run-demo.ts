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
import {
  afterCourse,
  defaultChunkSize,
  networkMemory,
  openCheckpoint,
  openCourse,
  type ResumePolicy,
} from '@neural-fields/app-kit/fitting';
import { photograph, readPicture } from '@neural-fields/app-kit/photograph';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import { createField, encodeField, siren } from '@neural-fields/core';
import { removeTemporaryFiles, writeFileAtomically } from '@neural-fields/core/node';
import { standaloneSvg } from '@neural-fields/report';
import { encodeImage, type Image, resizeImage } from '@neural-fields/signals';
import { fieldMetadata } from '../files/field-metadata.ts';
import { runFit } from '../fitting/run-fit.ts';
import { signalFromImage } from '../signals/prepare-image.ts';
import { measureQuality } from '../signals/quality.ts';
import { makeFigures, ZOOM } from './figures.ts';
import { makePage } from './page.ts';
import { psnrPlot, type QualityPoint, spectrumPlot } from './plots.ts';
import { type DemoSettings, demoSettings } from './settings.ts';

/** What the command line says about the demonstration. */
export interface DemoOptions extends BackendOptions {
  /** The folder that is written; made when it is missing. */
  readonly out: string;
  readonly policy: ResumePolicy;
  /** In place of what the backend's table says. */
  readonly size?: number | undefined;
  readonly steps?: number | undefined;
  readonly hiddenFeatures?: number | undefined;
  readonly hiddenLayers?: number | undefined;
  readonly batch?: 'full' | number | undefined;
  readonly learningRate?: number | undefined;
  readonly checkpointEvery: number;
  /** Write into a folder that holds files of others too. */
  readonly force?: boolean | undefined;
  /** The command as it was given, for the page. */
  readonly command: string;
}

/** The size of the backend, changed by the command line. */
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

/** The folder's files beside the page and its pictures, with what they are. */
const files: readonly (readonly [string, string])[] = [
  ['field.safetensors', 'the field: its parameters, its network and what it stands for'],
  ['metrics.json', 'all settings and results'],
  ['progress.jsonl', 'the course of the fit, a step a line'],
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
  const { size, hiddenFeatures, hiddenLayers, omega0 } = settings;
  const whole = await readPicture();
  if (size > (whole.shape[0] as number))
    throw new UsageError(`--size ${size}: the photograph has ${whole.shape[0]} pixels a side`);
  const picture = resizeImage(whole, { width: size, height: size, kernel: 'area' });
  const prepared = await signalFromImage(picture, { grid: 'pixel-centred' });
  const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, omega0 });
  assertMemory(networkMemory(spec, { hiddenFeatures, checkpoint: true }));
  const field = createField(spec, { seed: settings.fit.seed });
  const fit = { ...settings.fit, chunkSize: defaultChunkSize(backend.name, field.parameterCount) };
  const checkpoint = await openCheckpoint(file('field.safetensors.checkpoint'), { policy, steps: fit.steps }, output);
  const progress = createProgress(output, { total: fit.steps, unit: 'step' });
  const interrupt = listenForInterrupt(() => {
    progress.stop();
    output.log('stopping after this chunk; once more stops at once');
  });
  const batch = fit.batch === 'full' ? 'all pixels a step' : `${formatCount(fit.batch)} random pixels a step`;
  output.log(
    `${photograph.author}, ${photograph.title}, ${photograph.year}: ${size} x ${size} pixels (${settings.reason})`,
  );
  output.log(`fits ${formatCount(field.parameterCount)} parameters, ${batch}, ${plural(fit.steps, 'step')}`);
  const curve = await openCourse<QualityPoint>(
    { path: file('progress.jsonl'), numbers: ['psnr'] },
    { step: checkpoint.step, output },
  );
  const begun = performance.now();
  const elapsed = (): number => curve.secondsBefore + (performance.now() - begun) / 1000;
  try {
    await runFit(field, prepared, {
      settings: fit,
      backend: backend.name,
      output,
      progress,
      signal: interrupt.signal,
      checkpoint: {
        file: { ...checkpoint, store: afterCourse(checkpoint.store, curve) },
        everySeconds: options.checkpointEvery,
      },
      report: ({ step, metrics }) => curve.add({ step, seconds: elapsed(), psnr: metrics['psnr'] as number }),
    });
    const seconds = curve.points.at(-1)?.seconds ?? 0;
    output.log('draws the figures');
    const quality = await measureQuality(field, prepared.points, interrupt.signal);
    const metadata = fieldMetadata({
      source: photograph.name,
      signal: prepared.description,
      sha256: prepared.sha256,
      settings: { ...settings.fit, hiddenFeatures, hiddenLayers, omega0 },
      backend: backend.name,
      figures: { psnr: quality.psnr, mse: quality.mse },
    });
    await writeFileAtomically(file('field.safetensors'), await encodeField(field, metadata));
    const figures = await makeFigures({
      field,
      description: prepared.description as ImageDescription,
      picture,
      photograph: whole,
      signal: interrupt.signal,
    });
    const plots = {
      psnr: psnrPlot(curve.points, figures.metrics.psnr),
      spectrum: spectrumPlot(figures.spectra.picture, figures.spectra.field, figures.spectra.nyquist),
    };
    const pictures = await encodePictures(figures.pictures);
    for (const [name, bytes] of Object.entries(pictures)) await writeFileAtomically(file(`${name}.png`), bytes);
    const text = new TextEncoder();
    await writeFileAtomically(file('psnr.svg'), text.encode(standaloneSvg(plots.psnr)));
    await writeFileAtomically(file('spectrum.svg'), text.encode(standaloneSvg(plots.spectrum)));
    const results = {
      command: options.command,
      photograph,
      size,
      network: { hiddenFeatures, hiddenLayers, omega0, parameters: field.parameterCount },
      fit,
      backend: { name: backend.name, reason: backend.reason },
      sizeReason: settings.reason,
      seconds,
      metrics: { ...figures.metrics, mse: quality.mse },
    };
    await writeFileAtomically(file('metrics.json'), text.encode(`${JSON.stringify(results, null, 2)}\n`));
    const page = makePage({
      ...results,
      fit: { ...fit, batch },
      metrics: figures.metrics,
      pictures,
      plots,
      zoom: ZOOM,
      errorScale: figures.errorScale,
      files,
    });
    await writeFileAtomically(file('index.html'), text.encode(page));
    await checkpoint.remove();
    output.event('done', { folder: out, page: file('index.html'), ...figures.metrics, seconds });
    output.result(
      `PSNR ${formatDecibels(figures.metrics.psnr)}, SSIM ${figures.metrics.ssim.toFixed(4)}, fitted in ${formatSeconds(seconds)}`,
    );
    output.result(`page ${file('index.html')}`);
  } finally {
    interrupt.dispose();
    field.dispose();
  }
};

/**
 * Fits the photograph, or goes on with it, and writes the folder.
 *
 * @throws InputError when the folder cannot be written or belongs to another run, InterruptedError when it is stopped
 */
export const runDemo = (options: DemoOptions, output: Output): Promise<void> =>
  withOutputFolder(options.out, { option: '--out', force: options.force }, () => fitPhotograph(options, output));
