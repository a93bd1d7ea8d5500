/** @file What smaller networks are for: bytes, and the time to render. */
import { sampleAll } from '@neural-fields/app-kit/render';
import { readField } from '@neural-fields/core';
import { encodeFieldData } from '@neural-fields/core/files';
import { gridCoordinatesRange } from '@neural-fields/signals';
import type { FittedField } from '../frame/experiment.ts';
import type { Table } from '../frame/findings.ts';

/** The side of the picture that is rendered to measure time. */
const SIDE = 128;
const REPEATS = 3;

const renderMilliseconds = async ({ model: field }: FittedField, signal: AbortSignal): Promise<number> => {
  const shape = [SIDE, SIDE];
  const points = {
    count: SIDE * SIDE,
    coords: (start: number, count: number) =>
      gridCoordinatesRange(shape, { start, count }, { convention: 'pixel-centred' }),
  };
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const begun = performance.now();
    await sampleAll(field, points, { quantity: 'value', signal });
    times.push(performance.now() - begun);
  }
  return Math.min(...times);
};

/** The size of a field, and the times of its training and of its render. */
export interface SizeAndTime {
  readonly parameters: number;
  /** Of the field file. */
  readonly bytes: number;
  readonly int8Bytes: number;
  readonly renderMilliseconds: number;
  /** Of the training, with all that changes the network on the way. */
  readonly seconds: number;
}

/** The columns of a table of sizes and times. */
export const sizeColumns: readonly {
  readonly key: keyof SizeAndTime;
  readonly title: string;
  readonly digits: number;
}[] = [
  { key: 'parameters', title: 'parameters', digits: 0 },
  { key: 'bytes', title: 'bytes', digits: 0 },
  { key: 'int8Bytes', title: 'bytes in int8', digits: 0 },
  { key: 'renderMilliseconds', title: `ms for ${SIDE} x ${SIDE} values`, digits: 1 },
  { key: 'seconds', title: 'seconds of training', digits: 1 },
];

/** Measures a fitted field: the least time of three renders. */
export const measureSize = async (fitted: FittedField, signal: AbortSignal): Promise<SizeAndTime> => {
  const { model: field } = fitted;
  const data = await readField(field);
  const { extensions } = field;
  const bytes = (precision: 'float32' | 'int8'): number => encodeFieldData(data, { precision, extensions }).length;
  return {
    parameters: field.parameterCount,
    bytes: bytes('float32'),
    int8Bytes: bytes('int8'),
    renderMilliseconds: await renderMilliseconds(fitted, signal),
    seconds: fitted.seconds,
  };
};

/** Parameters, bytes of the field file, the time to render, and the time of the fit, of every field. */
export const sizeTable = async (fits: readonly FittedField[], signal: AbortSignal): Promise<Table> => {
  const rows: Table['rows'][number][] = [];
  for (const fitted of fits) {
    const measured = await measureSize(fitted, signal);
    rows.push({ name: fitted.label, cells: sizeColumns.map(({ key, digits }) => measured[key].toFixed(digits)) });
  }
  return {
    title: 'Size and time',
    corner: 'network',
    columns: sizeColumns.map(({ title }) => title),
    rows,
    caption:
      'The least of three renders. The training includes the removals and all steps; on a machine that does other work, both times say little.',
  };
};
