import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError, isExpected } from '@neural-fields/app-kit';
import { emptyFolder, type Finished, jsonLines } from '@neural-fields/testing/programs';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { run, start, tiny } from './cli.ts';
import { writePicture, writeSound } from './examples.ts';

/** A run that must fail, its exit code, and what stderr must then hold: one line. */
interface Failure {
  readonly args: readonly string[];
  readonly code: 1 | 2;
  readonly says: string | RegExp;
}

const expectFailure = ({ code, stdout, stderr }: Finished, failure: Failure): void => {
  expect({ code, stdout }).toEqual({ code: failure.code, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  // What was logged on the way stands before it; nothing stands after it.
  expect(lines.at(-1)).toMatch(/^neural-fields: /);
  expect(lines.at(-1)).toMatch(failure.says);
  expect(stderr).not.toMatch(/\n +at |unexpected error/);
};

// The cases run side by side: each has an output of its own.
let outputs = 0;

const fit = (file: string, ...options: string[]): string[] => [
  'fit',
  file,
  '-o',
  `out-${outputs++}.safetensors`,
  ...tiny,
  '--steps',
  '2',
  ...options,
];

const failures: Readonly<Record<string, Failure>> = {
  'a missing file': {
    args: fit('absent.png'),
    code: 1,
    says: "cannot read 'absent.png': there is no such file or folder",
  },
  'a folder without pictures': {
    args: ['fit', 'folder', '-o', 'fields'],
    code: 1,
    says: "the folder 'folder': it has no file that can be fitted",
  },
  'a folder to one file': {
    args: fit('folder'),
    code: 2,
    says: '--output: wanted a folder for several inputs, got',
  },
  'an empty file': { args: fit('empty.png'), code: 1, says: "cannot read 'empty.png': it is empty" },
  'a text file named .png': {
    args: fit('text.png'),
    code: 1,
    says: /cannot read 'text\.png': wanted PNG, JPEG, WebP, AVIF, WAV, PLY, OBJ, STL or XYZ, got text \("hello/,
  },
  'half a picture': {
    args: fit('half.png'),
    code: 1,
    says: /cannot read 'half\.png': the PNG image ends early, after \d+ bytes/,
  },
  'a picture of 0 x 0': { args: fit('nothing.png'), code: 1, says: /at least one pixel, got 0 x 0/ },
  'a picture of 1 x 1': {
    args: fit('one.png'),
    code: 1,
    says: "cannot fit 'one.png': wanted at least two pixels, got an image of 1 x 1",
  },
  'a sound that ends early': { args: fit('half.wav'), code: 1, says: /cannot read 'half\.wav': / },
  'a folder that is not there': {
    args: ['fit', 'a.png', '-o', 'no/where/x.safetensors'],
    code: 1,
    says: "there is no folder 'no/where'",
  },
  'an output that is a folder': {
    args: ['render', 'a.safetensors', '-o', 'folder'],
    code: 2,
    says: "--output: wanted a name that ends in .png, .jpg, .jpeg, .webp, .avif for the field of an image, got 'folder'",
  },
  'an output in a file': { args: ['fit', 'a.png', '-o', 'text.png/x'], code: 1, says: "'text.png' is not a folder" },
  'an output that is a device': {
    args: ['fit', 'a.png', '-o', '/dev/full'],
    code: 1,
    says: "cannot write '/dev/full': it is not a regular file",
  },
  'too many points in a step': {
    args: fit('a.png', '--batch', '999'),
    code: 2,
    says: '--batch 999: the signal has only 120 points',
  },
  'a size that is larger': {
    args: fit('a.png', '--size', '64x64'),
    code: 2,
    says: '--size 64x64: it is larger than the image of 12x10',
  },
  'an option for images with a sound': {
    args: fit('a.wav', '--size', '8'),
    code: 2,
    says: "--size: it is for images, and 'a.wav' is a sound",
  },
  'a frequency without a sine': {
    args: fit('a.png', '--activation', 'relu', '--omega0', '9'),
    code: 2,
    says: '--omega0: it is for the activations sine',
  },
  'steps below 1': {
    args: fit('a.png', '--steps', '0'),
    code: 2,
    says: /'-s, --steps <n>' argument '0' is invalid\. It must be an integer of at least 1\./,
  },
  'a learning rate that is no number': {
    args: fit('a.png', '--learning-rate', 'fast'),
    code: 2,
    says: /It must be a number above 0/,
  },
  'a decay of 1': { args: fit('a.png', '--average-decay', '1'), code: 2, says: /at least 0 and below 1/ },
  'an unknown activation': {
    args: fit('a.png', '--activation', 'sin'),
    code: 2,
    says: /argument 'sin' is invalid\. It must be one of sine, finer, relu, .*, with parameters as in gaussian:sigma=0\.1\./,
  },
  'an unknown option': { args: fit('a.png', '--stepz', '3'), code: 2, says: /unknown option '--stepz'.*/ },
  'an unknown command': { args: ['fitt'], code: 2, says: /unknown command 'fitt'/ },
  'no output for stdin': {
    args: ['fit', '-'],
    code: 2,
    says: '--output: it can only be left out for one file; -o names the field file',
  },
  'a backend that is not installed': {
    args: fit('a.png', '--backend', 'tensorflow'),
    code: 1,
    says: /--backend tensorflow: .*is not installed/,
  },
  'restart and resume': {
    args: fit('a.png', '--restart', '--resume'),
    code: 2,
    says: '--restart: it excludes --resume',
  },
  'resume without a checkpoint': {
    args: fit('a.png', '--resume'),
    code: 1,
    says: /--resume: there is no checkpoint 'out-\d+\.safetensors\.checkpoint'/,
  },
  'a checkpoint that is none': {
    args: fit('a.png', '--checkpoint', 'text.png'),
    code: 1,
    says: /'text\.png' cannot be read as a checkpoint: .*a text file/,
  },
  divergence: {
    args: fit('a.png', '--optimizer', 'adam', '--learning-rate', '1e3', '--steps', '50'),
    code: 1,
    says: /the fit diverged at step \d+ \(loss .*\); try a smaller --learning-rate/,
  },
  'a picture where a field is wanted': {
    args: ['render', 'a.png', '-o', 'b.png'],
    code: 1,
    says: "'a.png' is not a field: it is a PNG image (fit makes a field of it)",
  },
  'text where a field is wanted': {
    args: ['info', 'text.png'],
    code: 1,
    says: /'text\.png' is not a field: .*a text file/,
  },
  'half a field': { args: ['info', 'half.safetensors'], code: 1, says: /'half\.safetensors' is not a field: / },
  'a field rendered to another kind': {
    args: ['render', 'a.safetensors', '-o', 'a.wav'],
    code: 2,
    says: /--output: wanted a name that ends in \.png/,
  },
  'a region inside out': {
    args: ['render', 'a.safetensors', '-o', 'b.png', '--region', '1,0,0,1'],
    code: 2,
    says: '--region: wanted x0,y0,x1,y1 with x0 < x1 and y0 < y1, got 1,0,0,1',
  },
  'a region of three numbers': {
    args: ['render', 'a.safetensors', '-o', 'b.png', '--region', '1,0,0'],
    code: 2,
    says: 'four numbers x0,y0,x1,y1',
  },
  '16 bits in a JPEG': {
    args: ['render', 'a.safetensors', '-o', 'b.jpg', '--bit-depth', '16'],
    code: 1,
    says: '--bit-depth 16: wanted a PNG file',
  },
  'a JPEG that does not fit in memory': {
    args: ['render', 'a.safetensors', '-o', 'b.jpg', '--size', '20000'],
    code: 1,
    says: /too large for JPG/,
  },
};

const folder = { path: '' };

describe('one line that helps, and the right exit code:', () => {
  beforeAll(async () => {
    folder.path = mkdtempSync(join(tmpdir(), 'neural-fields-errors-'));
    const { path } = folder;
    const write = (name: string, bytes: string | Uint8Array): void => writeFileSync(join(path, name), bytes);
    const read = (name: string): Buffer => readFileSync(join(path, name));
    mkdirSync(join(path, 'folder'));
    await writePicture(path, 'a.png');
    await writePicture(path, 'one.png', { width: 1, height: 1 });
    writeSound(path, 'a.wav');
    write('empty.png', '');
    write('text.png', 'hello, this is no picture\n');
    write('half.png', read('a.png').subarray(0, 60));
    write('half.wav', read('a.wav').subarray(0, 40));
    const nothing = read('a.png');
    nothing.writeUInt32BE(0, 16);
    nothing.writeUInt32BE(0, 20);
    write('nothing.png', nothing);
    await run(['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '1'], { cwd: path });
    write('half.safetensors', read('a.safetensors').subarray(0, 900));
    return () => {
      rmSync(path, { recursive: true, force: true });
    };
  });

  test.concurrent.each(Object.entries(failures))('%s', async (_, failure) => {
    expectFailure(await run(failure.args, { cwd: folder.path }), failure);
  });
});

test('what the system refuses is said in words, wherever it comes from; faults of the program stay unexpected', () => {
  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };
  const absent = join(emptyFolder(), 'absent');
  const refused = thrownBy(() => readFileSync(absent));
  expect([describeError(refused), isExpected(refused)]).toEqual([`'${absent}': there is no such file or folder`, true]);
  const invalid = thrownBy(() => readFileSync(-1));
  expect(isExpected(invalid)).toBe(false);
  expect(isExpected(new TypeError('x is not a function'))).toBe(false);
});

test('errors are events with fields for --json, also those of a wrong command line', async () => {
  const cwd = emptyFolder();
  const eventOf = async (...args: string[]): Promise<unknown> => jsonLines(await run([...args, '--json'], { cwd }))[0];
  expect(await eventOf('info', 'absent')).toEqual({
    event: 'error',
    message: "cannot read 'absent': there is no such file or folder",
    what: "cannot read 'absent'",
    problem: 'there is no such file or folder',
  });
  expect(await eventOf('render', 'a', '-o', '-')).toMatchObject({
    what: '--output -',
    problem: 'it excludes --json: both write to stdout',
  });
  expect(await eventOf('fit', 'a.png', '-o', 'b.safetensors', '--stepz', '3')).toEqual({
    event: 'error',
    message: "unknown option '--stepz' (Did you mean --steps?)",
    problem: "unknown option '--stepz' (Did you mean --steps?)",
  });
});

test('--verbose names what the rounding of the backend depends on', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const args = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--backend', 'simd', '--steps', '1', '--verbose'];
  const { stderr } = await run(args, { cwd });
  expect(stderr).toMatch(/backend simd: it was requested\nbackend simd: threads \d+, build /);
});

test('the stack trace is shown when it is asked for', async () => {
  const { stderr } = await run(['info', 'absent', '--verbose'], { cwd: emptyFolder() });
  expect(stderr).toMatch(
    /^neural-fields: cannot read 'absent': there is no such file or folder\nInputError: .*\n +at /,
  );
});

test('a folder that cannot be written is found before the work', async context => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  mkdirSync(join(cwd, 'locked'));
  chmodSync(join(cwd, 'locked'), 0o500);
  const target = process.getuid?.() === 0 ? '/proc/out.safetensors' : 'locked/out.safetensors';
  if (process.platform !== 'linux') return context.skip('needs Linux, where root cannot write to /proc');
  const result = await run(['fit', 'a.png', '-o', target, ...tiny], { cwd });
  expectFailure(result, { args: [], code: 1, says: /its folder '.*' cannot be written to: / });
  expect(result.stderr).not.toContain('step ');
});

test('a disk without room is found before the work, and one that fills up does not end the fit before its end', async context => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const disk = join(cwd, 'disk');
  mkdirSync(disk);
  const asRoot = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
  if (!asRoot('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk))
    return context.skip('needs the right to mount a small file system');
  onTestFinished(() => void asRoot('umount', disk));
  const large = await run(['fit', 'a.png', '-o', 'disk/out.safetensors', '--backend', 'cpu'], { cwd });
  expectFailure(large, { args: [], code: 1, says: /the disk has room for .* and .* are needed/ });
  expect(large.stderr).not.toContain('step ');

  const medium = ['--backend', 'cpu', '--hidden-features', '24', '--hidden-layers', '1', '--steps', '1500'];
  const running = start(['fit', 'a.png', '-o', 'disk/out.safetensors', '--checkpoint-every', '0.2', ...medium], {
    cwd,
  });
  await running.saw(/step 150\//);
  try {
    writeFileSync(join(disk, 'ballast'), new Uint8Array(64 * 1024));
  } catch {
    // What fits has been written.
  }
  const result = await running.finished;
  expect(result.stderr.match(/warning: the checkpoint cannot be written/g)).toHaveLength(1);
  expect(result.stderr).toContain('step 1500/1500');
  expectFailure(result, {
    args: [],
    code: 1,
    says: /cannot write 'disk\/out\.safetensors': there is no space left on the disk/,
  });
});
