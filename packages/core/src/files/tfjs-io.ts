/**
 * @file Saves and loads fields through the IO handlers of tfjs: `indexeddb://`, `localstorage://`, `downloads://`,
 *   `http://`, files that the user picks, and `file://` where tfjs-node is loaded. A field is a tfjs model whose format
 *   is `neural-fields` and whose topology is its spec:
 *
 *     { format: 'neural-fields', modelTopology: { version: '1', spec }, weightSpecs, weightData }
 */
import { io } from '@tensorflow/tfjs-core';
import type { Extensions } from '../spec/layer.ts';
import {
  assertVersion,
  FIELD_FORMAT_VERSION,
  type FieldData,
  listNames,
  pickParameters,
  readParameters,
  readSpec,
} from './field-data.ts';
import { FieldFileError } from './field-file-error.ts';
import type { ShapedArray } from './safetensors.ts';

const FORMAT = 'neural-fields';
const FLOAT_BYTES = 4;

/**
 * A field as tfjs model artifacts, for a custom IO handler.
 *
 * @throws FieldFileError when the parameters are not those of the spec
 */
export const toModelArtifacts = ({ spec, parameters }: FieldData, extensions: Extensions = {}): io.ModelArtifacts => {
  const ordered = [...pickParameters(spec, parameters, extensions)];
  const weights = new Float32Array(ordered.reduce((total, [, { data }]) => total + data.length, 0));
  let offset = 0;
  for (const [, { data }] of ordered) {
    weights.set(data, offset);
    offset += data.length;
  }
  return {
    format: FORMAT,
    generatedBy: '@neural-fields/core',
    convertedBy: null,
    modelTopology: { version: String(FIELD_FORMAT_VERSION), spec },
    weightSpecs: ordered.map(([name, { shape }]) => ({ name, shape: [...shape], dtype: 'float32' as const })),
    weightData: weights.buffer,
  };
};

/** Joins the shards of the weights to one buffer. */
const joinShards = (weightData: unknown): Uint8Array<ArrayBuffer> => {
  const shards: readonly unknown[] = Array.isArray(weightData) ? weightData : [weightData];
  // Checked by its tag, because a buffer may come from another realm, such as a Node worker.
  for (const shard of shards)
    if (Object.prototype.toString.call(shard) !== '[object ArrayBuffer]')
      throw new FieldFileError('invalid-artifacts', 'weightData must be an ArrayBuffer or a list of them');
  const buffers = shards as readonly ArrayBuffer[];
  if (buffers.length === 1) return new Uint8Array(buffers[0] as ArrayBuffer);
  const joined = new Uint8Array(buffers.reduce((total, { byteLength }) => total + byteLength, 0));
  let offset = 0;
  for (const buffer of buffers) {
    joined.set(new Uint8Array(buffer), offset);
    offset += buffer.byteLength;
  }
  return joined;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Validates an entry of `weightSpecs`, which is as untrusted as the weights. */
const readWeightSpec = (entry: unknown, index: number): WeightEntry => {
  const invalid = (wanted: string): FieldFileError =>
    new FieldFileError('invalid-artifacts', `weight ${index} must have ${wanted}`);
  if (!isObject(entry) || typeof entry['name'] !== 'string') throw invalid('a name');
  const { name, shape, dtype, quantization } = entry;
  const what = `'${listNames([name])}'`;
  if (dtype !== 'float32' || quantization !== undefined) {
    const found = isObject(quantization) ? quantization['dtype'] : dtype;
    const shown = typeof found === 'string' ? listNames([found]) : typeof found;
    throw new FieldFileError('wrong-shape', `${what} must be float32 without quantization, got ${shown}`);
  }
  if (!Array.isArray(shape) || !shape.every(size => Number.isSafeInteger(size) && size >= 0))
    throw invalid('a shape of counts');
  const bytes = (shape as readonly number[]).reduce((product, size) => product * size, FLOAT_BYTES);
  if (!Number.isSafeInteger(bytes)) throw invalid('a shape of fewer than 2^51 elements');
  return { name, shape: shape as readonly number[], bytes };
};

/**
 * Reads a field from model artifacts. All of it is validated: it may come from a server or from storage.
 *
 * @throws FieldFileError when they are another model, or a damaged field
 */
export const fromModelArtifacts = (artifacts: io.ModelArtifacts, extensions: Extensions = {}): FieldData => {
  if (!isObject(artifacts)) throw new FieldFileError('invalid-artifacts', 'the model artifacts must be an object');
  const { format, modelTopology, weightSpecs = [], weightData } = artifacts;
  if (format !== FORMAT || !isObject(modelTopology) || !('spec' in modelTopology))
    throw new FieldFileError(
      'no-spec',
      `the tfjs model must have format '${FORMAT}', got format '${typeof format === 'string' ? listNames([format]) : 'none'}'`,
    );
  const version = typeof modelTopology['version'] === 'string' ? modelTopology['version'] : undefined;
  assertVersion(version);
  const spec = readSpec(modelTopology['spec'], extensions);
  if (weightData === undefined || weightData === null)
    throw new FieldFileError(
      'missing-parameter',
      'the model artifacts have no weightData (weight streams are not supported)',
    );
  if (!Array.isArray(weightSpecs)) throw new FieldFileError('invalid-artifacts', 'weightSpecs must be a list');
  const bytes = joinShards(weightData);
  const arrays = new Map<string, ShapedArray>();
  let begin = 0;
  for (const [index, entry] of weightSpecs.entries()) {
    const { name, shape, bytes: length } = readWeightSpec(entry, index);
    const end = begin + length;
    if (end > bytes.length)
      throw new FieldFileError(
        'missing-parameter',
        `'${listNames([name])}' ends at byte ${end}, but there are ${bytes.length} bytes of weights`,
      );
    if (arrays.has(name)) throw new FieldFileError('unexpected-tensor', `'${listNames([name])}' occurs twice`);
    arrays.set(name, { shape, data: new Float32Array(bytes.slice(begin, end).buffer) });
    begin = end;
  }
  if (begin !== bytes.length)
    throw new FieldFileError(
      'unexpected-tensor',
      `the parameters take ${begin} bytes, but there are ${bytes.length} bytes of weights`,
    );
  return { spec, parameters: readParameters(spec, arrays, extensions) };
};

/** The handler for a URL, or the given handler. */
const findHandler = (
  caller: string,
  target: string | io.IOHandler,
  candidates: (url: string) => io.IOHandler[],
): io.IOHandler => {
  if (typeof target !== 'string') return target;
  const [handler, second] = candidates(target);
  if (handler === undefined)
    throw new RangeError(
      `${caller}: no IO handler is registered for '${target}'` +
        (target.startsWith('file:')
          ? ' (@tensorflow/tfjs-node provides one; without it, @neural-fields/core/node reads and writes files)'
          : ''),
    );
  if (second !== undefined) throw new RangeError(`${caller}: more than one IO handler is registered for '${target}'`);
  return handler;
};

/**
 * Saves a field through a tfjs IO handler.
 *
 * @param target a URL such as `indexeddb://name`, or a handler such as `io.browserHTTPRequest(url)`
 * @returns the handler's result
 * @throws RangeError when there is no handler for the URL, or it cannot save
 */
export const saveFieldData = async (
  data: FieldData,
  target: string | io.IOHandler,
  extensions: Extensions = {},
): Promise<io.SaveResult> => {
  const handler = findHandler('saveFieldData', target, io.getSaveHandlers);
  if (handler.save === undefined) throw new RangeError('saveFieldData: the IO handler can only load');
  return handler.save(toModelArtifacts(data, extensions));
};

/**
 * Loads a field through a tfjs IO handler.
 *
 * @param source a URL such as `indexeddb://name`, or a handler such as `io.browserFiles([json, weights])`
 * @throws RangeError when there is no handler for the URL, or it cannot load
 * @throws FieldFileError when what it loads is another model, or a damaged field
 */
export const loadFieldData = async (source: string | io.IOHandler, extensions: Extensions = {}): Promise<FieldData> => {
  const handler = findHandler('loadFieldData', source, io.getLoadHandlers);
  if (handler.load === undefined) throw new RangeError('loadFieldData: the IO handler can only save');
  return fromModelArtifacts(await handler.load(), extensions);
};
