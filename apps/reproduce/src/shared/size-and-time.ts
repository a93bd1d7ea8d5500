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

/** Parameters, bytes of the field file, the time to render, and the time of the fit, of every field. */
export const sizeTable = async (fits: readonly FittedField[], signal: AbortSignal): Promise<Table> => {
  const rows: Table['rows'][number][] = [];
  for (const fitted of fits) {
    const data = await readField(fitted.model);
    const { extensions } = fitted.model;
    const bytes = (precision: 'float32' | 'int8'): string =>
      String(encodeFieldData(data, { precision, extensions }).length);
    const milliseconds = await renderMilliseconds(fitted, signal);
    rows.push({
      name: fitted.label,
      cells: [
        String(fitted.model.parameterCount),
        bytes('float32'),
        bytes('int8'),
        milliseconds.toFixed(1),
        fitted.seconds.toFixed(1),
      ],
    });
  }
  return {
    title: 'Size and time',
    corner: 'network',
    columns: ['parameters', 'bytes', 'bytes in int8', `ms for ${SIDE} x ${SIDE} values`, 'seconds of training'],
    rows,
    caption:
      'The least of three renders. The training includes the removals and all steps; on a machine that does other work, both times say little.',
  };
};
