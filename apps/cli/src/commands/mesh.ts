/** @file `neural-fields mesh`: extracts the zero level of a field as a mesh, in the units of the fitted file. */

import {
  type CommonOptions,
  chooseBackend,
  createProgress,
  explainedWithin,
  finite,
  formatCount,
  formatSeconds,
  helpExamples,
  InputError,
  integer,
  type Output,
  outputOf,
  plural,
  positive,
  stoppable,
  withCommonOptions,
} from '@neural-fields/app-kit';
import { meshKinds, withOutputs } from '@neural-fields/app-kit/files';
import { extensions } from '@neural-fields/app-kit/fitting';
import { pointsPerPass } from '@neural-fields/app-kit/render';
import { fieldFromData, outFeatures } from '@neural-fields/core';
import {
  applySimilarity,
  checkMesh,
  type ExtractProgress,
  extractSurface,
  fieldFunction,
  inverseSimilarity,
  ShapeError,
} from '@neural-fields/shapes';
import { writeShape } from '@neural-fields/shapes/node';
import type { Command } from 'commander';
import { type LoadedField, loadFieldAloud } from '../files/load-field.ts';
import { type PytorchOptions, withPytorchOptions } from '../options/pytorch.ts';

/** The options as commander gives them. */
interface MeshCommandOptions extends CommonOptions, PytorchOptions {
  readonly output: string;
  readonly resolution: number;
  readonly level: number;
  readonly steepest: number;
  readonly full?: boolean;
  readonly fieldUnits?: boolean;
  readonly force?: boolean;
}

/** The number of steps that move vertices onto the exact surface. */
const REFINE = 2;

const assertShapeField = (path: string, { data, signal }: LoadedField): void => {
  const outputs = outFeatures(data.spec, extensions);
  const kind = signal && signal.kind !== 'shape' ? { image: 'an image', audio: 'a sound' }[signal.kind] : undefined;
  if (kind !== undefined || data.spec.inFeatures !== 3 || outputs !== 1) {
    const sizes = `${plural(data.spec.inFeatures, 'coordinate')} and ${plural(outputs, 'value')}`;
    throw new InputError({
      what: `'${path}' has no surface`,
      wanted: 'a field of 3 coordinates and 1 value',
      got: kind === undefined ? `one of ${sizes}` : `a field of ${kind}`,
    });
  }
};

const action = async (file: string, options: MeshCommandOptions): Promise<void> => {
  const output = outputOf(options);
  const outputs = [{ option: '--output', path: options.output, kinds: meshKinds }];
  await withOutputs({ inputs: [file], outputs, force: options.force }, output, () => makeMesh(file, options, output));
};

const makeMesh = async (file: string, options: MeshCommandOptions, output: Output): Promise<void> => {
  const loaded = await loadFieldAloud(file, options, output);
  assertShapeField(file, loaded);
  const backend = await chooseBackend(options, output);
  const field = fieldFromData(loaded.data, extensions);
  const { resolution, level } = options;
  const progress = createProgress(output, { total: resolution, unit: 'layer' });
  const begun = performance.now();
  const report = ({ done, total, evaluated, triangles }: ExtractProgress): void => {
    const seconds = (performance.now() - begun) / 1000;
    const figures = [`${formatCount(triangles)} triangles`, `${(evaluated / seconds / 1e6).toFixed(2)} Mpoints/s`];
    progress.update(done, figures, done === 0 ? Number.POSITIVE_INFINITY : (seconds * (total - done)) / done);
  };
  try {
    await stoppable(output, progress, async ({ signal }) => {
      const found = await extractSurface(fieldFunction(field), {
        resolution,
        level,
        refine: REFINE,
        batch: pointsPerPass(field, 'gradient'),
        signal,
        onProgress: report,
        ...(!options.full && { lipschitz: options.steepest }),
      });
      progress.stop();
      if (found.triangles.length === 0)
        throw new InputError({
          what: `'${file}'`,
          problem: `it has no surface at the level ${level} in the box from -1 to 1`,
        });
      const similarity = loaded.signal?.kind === 'shape' && !options.fieldUnits ? loaded.signal.similarity : undefined;
      const mesh = similarity ? applySimilarity(found, inverseSimilarity(similarity)) : found;
      await writeShape(options.output, mesh);
      const { closed, components, vertices, triangles, boundaryEdges } = checkMesh(mesh);
      const seconds = (performance.now() - begun) / 1000;
      const figures = { vertices, triangles, closed, boundaryEdges, components };
      output.event('done', { output: options.output, resolution, ...figures, backend: backend.name, seconds });
      const parts = components === 1 ? 'one part' : `${formatCount(components)} parts`;
      output.result(
        `${options.output}: ${formatCount(triangles)} triangles, ${formatCount(vertices)} points, ` +
          `${closed ? 'closed' : `open (${formatCount(boundaryEdges)} boundary edges)`}, ${parts}, in ${formatSeconds(seconds)}`,
      );
    });
  } catch (error) {
    if (error instanceof ShapeError) throw new InputError(explainedWithin(`'${file}'`, error), { cause: error });
    throw error;
  } finally {
    field.dispose();
  }
};

/** Adds the command. */
export const addMeshCommand = (program: Command): void => {
  const command = program
    .command('mesh')
    .description(
      'Make a mesh (GLB, PLY, OBJ) of the surface on which a field is zero, in the units of the file that it was fitted to.',
    )
    .argument(
      '<field>',
      'a field file, a checkpoint or a state dict of PyTorch (.pt, .pth, safetensors); - reads stdin',
    )
    .requiredOption('-o, --output <file>', 'the file to write; its extension is its format')
    .optionsGroup('Surface:')
    .option('-r, --resolution <n>', 'cells along each side of the box', integer(2, 4096), 256)
    .option('--level <number>', "the field's value on the surface, in the field's units", finite, 0)
    .option('--field-units', "keep the field's coordinates, from -1 to 1")
    .option(
      '--steepest <number>',
      "a bound on the length of the field's gradient: parts of the box that are far from the surface by this bound are skipped",
      positive,
      2,
    )
    .option('--full', 'searches the whole box')
    .optionsGroup('Output:')
    .option('-f, --force', 'overwrites a file that this program did not write');
  withPytorchOptions(withCommonOptions(command))
    .addHelpText(
      'after',
      helpExamples([
        ['neural-fields mesh bunny.safetensors -o bunny.glb', 'a mesh for viewers and browsers'],
        ['neural-fields mesh bunny.safetensors -o b.ply -r 512', 'a finer one'],
        ['neural-fields mesh b.safetensors -o b.obj --level 0.01', 'the surface at a distance of 0.01'],
      ]),
    )
    .action(action);
};
