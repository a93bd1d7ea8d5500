import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { octahedron, picture, sound } from '@neural-fields/testing/small-files';

/** A command that is killed, and what has to be true of what it leaves. */
export interface Scenario {
  readonly name: string;
  /** The command of the program; the same again goes on, or begins anew. */
  readonly command: readonly string[];
  /** Writes what the command reads into an empty folder. `run` runs the program there. */
  readonly prepare: (folder: string, run: (args: readonly string[]) => Promise<unknown>) => Promise<void> | void;
  /** Files that an unbroken run writes to the same bits each time, but for measured seconds. */
  readonly exact: RegExp;
  /** Whether a run resumes from a checkpoint; what it prints says from which step. */
  readonly resumes: boolean;
}

const network = ['--hidden-features', '16', '--hidden-layers', '1'];
const small = ['--backend', 'cpu', ...network];
/**
 * Shapes are fitted by their gradients and drawn through the field: more work than the backend cpu does in a second.
 */
const smallShape = ['--backend', 'wasm', ...network, '--batch', '60'];
const often = ['--checkpoint-every', '0.05'];
/** Random points, both moments of Adam, an average, a schedule: all that a checkpoint has to keep. */
export const everything: readonly string[] = [
  '--batch',
  '48',
  '--schedule',
  'cosine',
  '--learning-rate',
  '2e-3',
  '--average-decay',
  '0.95',
  '--clip-norm',
  '0.5',
];

/** Prepares a field for the commands that read one. */
const withField =
  (file: string, contents: () => string | Buffer, ...options: string[]): Scenario['prepare'] =>
  async (folder, run) => {
    writeFileSync(join(folder, file), contents());
    await run(['fit', file, '-o', 'field.safetensors', ...options, '--no-checkpoint']);
  };

/** Every command that writes files, at a size of about a second. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'fit-image',
    command: ['fit', 'a.png', '-o', 'a.safetensors', ...small, ...everything, ...often, '--steps', '500', '--json'],
    prepare: folder => writeFileSync(join(folder, 'a.png'), picture(12, 10)),
    exact: /\.safetensors$/,
    resumes: true,
  },
  {
    // Wide enough for the tile registers of AMX, where the processor has them.
    name: 'fit-native',
    command: [
      ...['fit', 'a.png', '-o', 'a.safetensors', '--backend', 'native', '--hidden-features', '128'],
      ...['--hidden-layers', '2', ...everything, ...often, '--steps', '1000', '--json'],
    ],
    prepare: folder => writeFileSync(join(folder, 'a.png'), picture(12, 10)),
    exact: /\.safetensors$/,
    resumes: true,
  },
  {
    name: 'fit-sound',
    command: ['fit', 'a.wav', '-o', 'a.safetensors', ...small, ...everything, ...often, '--steps', '500', '--json'],
    prepare: folder => writeFileSync(join(folder, 'a.wav'), sound(400)),
    exact: /\.safetensors$/,
    resumes: true,
  },
  {
    name: 'fit-shape',
    command: [
      ...['fit', 'a.ply', '-o', 'a.safetensors', ...smallShape, ...often, '--steps', '120'],
      ...['--preview-every', '0', '--json'],
    ],
    prepare: folder => writeFileSync(join(folder, 'a.ply'), octahedron()),
    exact: /\.safetensors$/,
    resumes: true,
  },
  {
    // The last preview alone takes seconds: the wrong end of a run for most kills.
    name: 'fit-preview',
    command: [
      ...['fit', 'a.ply', '-o', 'a.safetensors', ...smallShape, ...often, '--steps', '60'],
      ...['--preview', 'a-preview.png', '--preview-every', '0.3', '--json'],
    ],
    prepare: folder => writeFileSync(join(folder, 'a.ply'), octahedron()),
    exact: /\.safetensors$/,
    resumes: true,
  },
  {
    name: 'render-png',
    command: ['render', 'field.safetensors', '-o', 'b.png', '--size', '480', '--backend', 'cpu'],
    prepare: withField('a.png', () => picture(12, 10), ...small, '--steps', '5'),
    exact: /b\.png$/,
    resumes: false,
  },
  {
    name: 'render-wav',
    command: ['render', 'field.safetensors', '-o', 'b.wav', '--sample-rate', '2000000', '--backend', 'cpu'],
    prepare: withField('a.wav', () => sound(400), ...small, '--steps', '5'),
    exact: /b\.wav$/,
    resumes: false,
  },
  {
    name: 'mesh',
    command: ['mesh', 'field.safetensors', '-o', 'b.glb', '--resolution', '40', '--backend', 'wasm'],
    prepare: withField('a.ply', octahedron, ...smallShape, '--steps', '60', '--preview-every', '0'),
    exact: /b\.glb$/,
    resumes: false,
  },
  {
    name: 'reproduce',
    command: [
      ...[
        'reproduce',
        'siren-poisson-gradient',
        '--image',
        'a.png',
        '--size',
        '10',
        '--hidden-features',
        '8',
        '--steps',
        '60',
      ],
      ...['--networks', 'siren,tanh', '-o', 'out', ...often, '--backend', 'cpu'],
    ],
    prepare: folder => writeFileSync(join(folder, 'a.png'), picture(12, 10)),
    exact: /\.safetensors$/,
    resumes: true,
  },
  {
    // Its error is measured on the way, against a solver that the signal stops too.
    name: 'reproduce-watched',
    command: [
      ...['reproduce', 'siren-wave', '--size', '8', '--hidden-features', '8', '--steps', '100', '--networks', 'siren'],
      ...['-o', 'out', ...often, '--backend', 'wasm', '--json'],
    ],
    prepare: () => undefined,
    exact: /\.safetensors$/,
    resumes: true,
  },
  {
    name: 'demo',
    command: ['demo', '--out', 'out', ...small, '--size', '16', '--steps', '120', '--batch', '100', ...often],
    prepare: () => undefined,
    exact: /\.safetensors$/,
    resumes: true,
  },
];
