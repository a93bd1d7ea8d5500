/** @file Runs one experiment, from its data to its results. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertMemory, formatSeconds, InputError, type Output, plural } from '@neural-fields/app-kit';
import { networkMemory } from '@neural-fields/app-kit/fitting';
import { removeTemporaryFiles, systemErrorReason, writeFileAtomically } from '@neural-fields/core/node';
import { standaloneSvg } from '@neural-fields/report';
import { encodeImage } from '@neural-fields/signals';
import type { Experiment, ExperimentContext, FitPlan, FittedModel, TrainedModel } from './experiment.ts';
import type { FitContext } from './fit-files.ts';
import { drawLinePlot } from './line-plot.ts';
import { lossPlot, makeReport, type ReportedResult } from './report.ts';
import { type ExperimentResult, resultJson } from './result.ts';
import { type FitState, measureStep, openFit, removeFit, runFitPlan } from './run-fit-plan.ts';

/** How an experiment is run. */
export interface RunExperimentOptions {
  /** The experiment's own folder, which is created. */
  readonly folder: string;
  readonly context: ExperimentContext;
  readonly backend: { readonly name: string; readonly reason: string };
  /** Discards finished and interrupted fits. */
  readonly restart: boolean;
  readonly checkpointEvery: number;
  readonly command: string;
  readonly output: Output;
}

/** With fewer steps left, measuring a step first would take as long as running them. */
const FEW_STEPS = 40;

/** Creates a folder and its parents. @throws InputError when that fails */
const makeFolder = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true }).catch(cause => {
    throw new InputError({ what: `cannot make the folder '${path}'`, problem: systemErrorReason(cause) }, { cause });
  });
};

/** A fit with its saved state. */
interface OpenedFit {
  readonly plan: FitPlan<TrainedModel>;
  readonly state: FitState<TrainedModel>;
}

/** Logs an estimate of how long the fits will take, from steps measured on this machine. */
const announce = async (opened: readonly OpenedFit[], context: FitContext): Promise<void> => {
  const { output } = context;
  const open = opened.filter(({ state }) => state.kind === 'open');
  const done = opened.length - open.length;
  if (done > 0) output.log(`${plural(done, 'fit')} of ${opened.length} ${done === 1 ? 'is' : 'are'} finished already`);
  let total = 0;
  let estimated = 0;
  const measured = new Map<string, number>();
  for (const { plan, state } of open) {
    const left = plan.steps - (state.kind === 'open' ? (state.resume?.step ?? 0) : 0);
    if (left < FEW_STEPS) continue;
    const like = plan.variantOf ?? plan.name;
    const known = measured.get(like);
    const seconds = known ?? (await measureStep(plan, context));
    measured.set(like, seconds);
    if (known === undefined)
      output.log(
        `${plan.label}: ${seconds.toPrecision(2)} s per step, so ${formatSeconds(seconds * left)} for ${plural(left, 'step')}`,
      );
    total += seconds * left;
    estimated += 1;
  }
  if (estimated > 1) output.log(`about ${formatSeconds(total)} in all`);
  output.event('estimate', { seconds: total, fits: open.length });
};

const runFits = async (
  plans: readonly FitPlan<TrainedModel>[],
  context: FitContext,
  models: Map<string, FittedModel<TrainedModel>>,
): Promise<void> => {
  const { output } = context;
  const opened: OpenedFit[] = [];
  for (const plan of plans) {
    const state = await openFit(plan, context);
    if (state.kind === 'finished') models.set(plan.name, state.fitted);
    opened.push({ plan, state });
  }
  await announce(opened, context);
  for (const [index, { plan, state }] of opened.entries()) {
    if (state.kind === 'finished') continue;
    output.log(`fit ${index + 1} of ${opened.length}: ${plan.label}`);
    const fitted = await runFitPlan(plan, state, context);
    models.set(plan.name, fitted);
    if (fitted.diverged !== undefined) output.warn(`${plan.label}: ${fitted.diverged}`);
  }
};

/** Writes the pictures, plots, files and numbers of a result into its folder. */
const writeResult = async (result: ExperimentResult, folder: string): Promise<ReportedResult> => {
  const text = new TextEncoder();
  const pictures: Record<string, Uint8Array> = {};
  for (const { name, image } of result.findings.pictures.flatMap(group => group.pictures)) {
    const bytes = await encodeImage(image, { format: 'png' });
    pictures[name] = bytes;
    await writeFileAtomically(join(folder, `${name}.png`), bytes);
  }
  for (const plot of [...result.findings.plots, ...(result.fits.length > 0 ? [lossPlot(result)] : [])])
    await writeFileAtomically(join(folder, `${plot.name}.svg`), text.encode(standaloneSvg(drawLinePlot(plot))));
  for (const { name, bytes } of result.findings.files ?? []) await writeFileAtomically(join(folder, name), bytes);
  await writeFileAtomically(
    join(folder, 'results.json'),
    text.encode(`${JSON.stringify(resultJson(result), null, 2)}\n`),
  );
  const reported = { result, pictures };
  const page = makeReport([reported], { title: `${result.experiment.id}: expected and obtained`, summaries: [] });
  await writeFileAtomically(join(folder, 'index.html'), text.encode(page));
  return reported;
};

/**
 * Runs or resumes an experiment, and writes its folder.
 *
 * @throws InputError when the folder belongs to another run, or cannot be written; the abort reason of the context's
 *   signal when it is stopped
 */
export const runExperiment = async (experiment: Experiment, options: RunExperimentOptions): Promise<ReportedResult> => {
  const { folder, context, backend, output, command } = options;
  const fitsFolder = join(folder, 'fits');
  await makeFolder(fitsFolder);
  for (const place of [folder, fitsFolder]) await removeTemporaryFiles(place);
  const plan = await experiment.prepare(context);
  const { notes, warnings = [] } = plan;
  for (const note of notes) output.log(note);
  for (const warning of warnings) output.warn(warning);
  const { hiddenFeatures } = context.settings;
  for (const { spec, extensions } of plan.fits)
    assertMemory(networkMemory(spec, { hiddenFeatures, checkpoint: true, extensions }));
  if (options.restart) for (const fit of plan.fits) await removeFit(fit, fitsFolder);
  const { checkpointEvery } = options;
  const fitContext = { folder: fitsFolder, backend: backend.name, checkpointEvery, signal: context.signal, output };
  const models = new Map<string, FittedModel<TrainedModel>>();
  try {
    await runFits(plan.fits, fitContext, models);
    context.signal.throwIfAborted();
    const findings = await plan.evaluate(Object.fromEntries(models));
    const { profile, settings, networks } = context;
    const fits = plan.fits.map(({ name }) => {
      const { model, ...fit } = models.get(name) as FittedModel<TrainedModel>;
      return { ...fit, parameters: model.layout.size };
    });
    const result = {
      experiment,
      profile,
      settings,
      networks,
      backend,
      notes: [...notes, ...warnings],
      fits,
      findings,
      command,
    };
    return await writeResult(result, folder);
  } finally {
    for (const { model } of models.values()) model.dispose();
  }
};
