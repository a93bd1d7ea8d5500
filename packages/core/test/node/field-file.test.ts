import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FieldFileError } from '../../src/files/field-file-error.ts';
import { encodeSafetensors, SafetensorsError } from '../../src/files/safetensors.ts';
import { FileError, fileCheckpointStore, readFieldFile, writeFieldFile } from '../../src/node.ts';
import { exampleField } from '../files/example-field.ts';

describe('files of fields and checkpoints', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'neural-fields-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('preserve a field', async () => {
    const path = join(folder, 'field.safetensors');
    const field = exampleField();
    await writeFieldFile(path, field, { metadata: { title: 'a field' } });
    const file = await readFieldFile(path);
    expect(file.spec).toEqual(field.spec);
    expect([...file.parameters]).toEqual([...field.parameters]);
    expect(file.metadata).toEqual({ title: 'a field' });
  });

  it('name the path in every error', async () => {
    const path = join(folder, 'field.safetensors');
    await expect(readFieldFile(path)).rejects.toThrow(FileError);
    await expect(readFieldFile(path)).rejects.toThrow(
      `cannot read '${path}': there is no such file or folder (ENOENT)`,
    );
    await expect(readFieldFile(folder)).rejects.toThrow(`cannot read '${folder}': it is a folder (EISDIR)`);
    await writeFile(path, 'some text, not a field');
    await expect(readFieldFile(path)).rejects.toThrow(SafetensorsError);
    await expect(readFieldFile(path)).rejects.toThrow(`${path}: safetensors: this looks like a text file`);
    await writeFile(path, encodeSafetensors(new Map()));
    await expect(readFieldFile(path)).rejects.toThrow(FieldFileError);
    await expect(readFieldFile(path)).rejects.toThrow(`${path}: field file: the safetensors file has no spec`);
    const { spec } = exampleField();
    await expect(writeFieldFile(path, { spec, parameters: new Map() })).rejects.toThrow(FieldFileError);
  });

  it('store the last checkpoint', async () => {
    const path = join(folder, 'run.safetensors');
    const store = fileCheckpointStore(path);
    expect(await store.read()).toBeUndefined();
    await store.write(Uint8Array.of(1, 2, 3));
    await store.write(Uint8Array.of(4, 5));
    expect(await store.read()).toEqual(Uint8Array.of(4, 5));
    expect([...(await readFile(path))]).toEqual([4, 5]);
    await expect(fileCheckpointStore(folder).read()).rejects.toThrow(
      `cannot read '${folder}': it is a folder (EISDIR)`,
    );
  });
});
