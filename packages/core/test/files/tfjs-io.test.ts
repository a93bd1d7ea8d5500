import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FieldData } from '../../src/files/field-data.ts';
import { FieldFileError } from '../../src/files/field-file-error.ts';
import { fromModelArtifacts, loadFieldData, saveFieldData, toModelArtifacts } from '../../src/files/tfjs-io.ts';
import { exampleField } from './example-field.ts';

const saveResult = (): io.SaveResult => ({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });

const expectSame = (got: FieldData, wanted: FieldData): void => {
  expect(got.spec).toEqual(wanted.spec);
  expect([...got.parameters]).toEqual([...wanted.parameters]);
};

const catchProblem = (artifacts: io.ModelArtifacts): FieldFileError => {
  try {
    fromModelArtifacts(artifacts);
  } catch (error) {
    if (error instanceof FieldFileError) return error;
    throw error;
  }
  throw new Error('the artifacts were accepted');
};

/** Untyped JSON from a server. */
const changed = <T>(value: unknown): T => value as T;

describe('fields through tfjs IO handlers', () => {
  it('can be saved to memory and loaded', async () => {
    const field = exampleField();
    const saved: io.ModelArtifacts[] = [];
    const handler = io.withSaveHandler(async artifacts => {
      saved.push(artifacts);
      return saveResult();
    });
    expect(await saveFieldData(field, handler)).toEqual(saveResult());
    expectSame(await loadFieldData(io.fromMemory(saved[0] as io.ModelArtifacts)), field);
  });

  it('can be loaded from weights in shards that split elements', () => {
    const field = exampleField();
    const artifacts = toModelArtifacts(field);
    const whole = artifacts.weightData as ArrayBuffer;
    expectSame(
      fromModelArtifacts({ ...artifacts, weightData: [whole.slice(0, 7), whole.slice(7, 7), whole.slice(7)] }),
      field,
    );
  });

  it('are independent of the arrays that they were saved from', () => {
    const field = exampleField();
    const artifacts = toModelArtifacts(field);
    for (const { data } of field.parameters.values()) data.fill(0);
    expectSame(fromModelArtifacts(artifacts), exampleField());
  });

  describe('over http', () => {
    let server: Server;
    let url = '';
    beforeAll(async () => {
      // The layout that tfjs writes: a model.json whose manifest names the weights file.
      const { weightData, weightSpecs = [], ...rest } = toModelArtifacts(exampleField());
      const model = JSON.stringify({ ...rest, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] });
      server = createServer((request, response) => {
        if (request.url === '/model.json') response.end(model);
        else if (request.url === '/weights.bin') response.end(Buffer.from(weightData as ArrayBuffer));
        else response.writeHead(404).end();
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.json`;
    });
    afterAll(() => server.close());

    it('can be saved and loaded', async () => {
      expectSame(await loadFieldData(url), exampleField());
    });
  });

  it.each<[FieldFileError['problem'], RegExp, (artifacts: io.ModelArtifacts) => io.ModelArtifacts]>([
    [
      'no-spec',
      /got format 'layers-model'/,
      () => ({ format: 'layers-model', modelTopology: { class_name: 'Sequential' } }),
    ],
    ['no-spec', /got format 'none'/, () => ({ modelTopology: new ArrayBuffer(4) })],
    [
      'newer-version',
      /version 2/,
      artifacts => ({ ...artifacts, modelTopology: { ...artifacts.modelTopology, version: '2' } }),
    ],
    [
      'invalid-spec',
      /got nothing/,
      artifacts => ({ ...artifacts, modelTopology: { ...artifacts.modelTopology, version: 1 } }),
    ],
    ['missing-parameter', /no weightData/, ({ weightData: _, ...rest }) => rest],
    ['missing-parameter', /ends at byte/, artifacts => ({ ...artifacts, weightData: new ArrayBuffer(100) })],
    [
      'missing-parameter',
      /'layers\.0\.weight' \[2, 4\] is missing/,
      rest => ({ ...rest, weightSpecs: [], weightData: new ArrayBuffer(0) }),
    ],
    [
      'unexpected-tensor',
      /188 bytes, but there are 1000/,
      artifacts => ({ ...artifacts, weightData: new ArrayBuffer(1000) }),
    ],
    [
      'wrong-shape',
      /without quantization, got uint8/,
      artifacts => ({
        ...artifacts,
        weightSpecs: [
          {
            name: 'layers.0.weight',
            shape: [2, 4],
            dtype: 'float32',
            quantization: { dtype: 'uint8', scale: 1, min: 0 },
          },
        ],
      }),
    ],
    ['invalid-artifacts', /must be an ArrayBuffer/, artifacts => ({ ...artifacts, weightData: changed('text') })],
    ['invalid-artifacts', /must be an ArrayBuffer/, artifacts => ({ ...artifacts, weightData: changed([null]) })],
    ['invalid-artifacts', /weightSpecs must be a list/, artifacts => ({ ...artifacts, weightSpecs: changed({}) })],
    ['invalid-artifacts', /weight 0 must have a name/, artifacts => ({ ...artifacts, weightSpecs: changed([null]) })],
    [
      'invalid-artifacts',
      /weight 0 must have a shape of counts/,
      artifacts => ({ ...artifacts, weightSpecs: changed([{ name: 'a', dtype: 'float32' }]) }),
    ],
    [
      'invalid-artifacts',
      /weight 0 must have a shape of counts/,
      artifacts => ({ ...artifacts, weightSpecs: changed([{ name: 'a', dtype: 'float32', shape: [-1] }]) }),
    ],
    [
      'invalid-artifacts',
      /fewer than 2\^51/,
      artifacts => ({
        ...artifacts,
        weightSpecs: changed([{ name: 'a', dtype: 'float32', shape: [2 ** 30, 2 ** 30] }]),
      }),
    ],
    [
      'wrong-shape',
      /must be float32 without quantization, got undefined/,
      artifacts => ({ ...artifacts, weightSpecs: changed([{ name: 'a', shape: [1] }]) }),
    ],
    [
      'unexpected-tensor',
      /'a' occurs twice/,
      artifacts => ({
        ...artifacts,
        weightSpecs: [0, 1].map(() => ({ name: 'a', dtype: 'float32' as const, shape: [1] })),
      }),
    ],
    ['invalid-artifacts', /must be an object/, () => changed(null)],
    [
      'not-finite',
      /'layers\.0\.weight' must have finite values, got NaN at index 0 \(8 of its 8/,
      artifacts => ({ ...artifacts, weightData: new Float32Array(47).fill(NaN).buffer }),
    ],
  ])('%s: %s', (problem, message, change) => {
    const error = catchProblem(change(toModelArtifacts(exampleField())));
    expect(error.message).toMatch(message);
    expect(error.problem).toBe(problem);
  });

  it('require a suitable handler', async () => {
    await expect(saveFieldData(exampleField(), 'file:///tmp/model')).rejects.toThrow(
      /no IO handler.*@neural-fields\/core\/node/,
    );
    await expect(loadFieldData('nowhere://model')).rejects.toThrow(RangeError);
    await expect(saveFieldData(exampleField(), io.fromMemory({}))).rejects.toThrow(
      'saveFieldData: the IO handler can only load',
    );
    await expect(loadFieldData(io.withSaveHandler(async () => saveResult()))).rejects.toThrow(
      'loadFieldData: the IO handler can only save',
    );
  });
});
