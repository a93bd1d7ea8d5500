/**
 * @file What a signal is: samples that are fitted, and a finer version against which quality between them is measured.
 */
import { createHash } from 'node:crypto';
import {
  type DenseArray,
  finerCoordinates,
  gridCoordinates,
  halveResolution,
  qualityBetween,
} from '@neural-fields/signals';

/** Values are in [-1, 1]. */
export const DATA_RANGE = 2;

/** A signal at its working resolution, and at twice that resolution. */
export interface QualitySignal {
  /** Samples along each axis; n in all. */
  readonly shape: readonly number[];
  /** k */
  readonly channels: number;
  /** f32[n, k], about in [-1, 1]: what is fitted. */
  readonly values: Float32Array;
  /** f32[n, d] */
  readonly coords: Float32Array;
  /** `[...2 shape, k]` in [-1, 1] */
  readonly finer: DenseArray;
  /** f32[m, d] */
  readonly finerCoords: Float32Array;
  /** The frequency factor of the first layer of a SIREN. */
  readonly omega0: number;
  /** How the working resolution is made: see `qualityBetween`. */
  readonly filter: 'area' | 'band-limited';
  /**
   * Whether values are signed distances from a surface, negative inside: then the overlap of the insides is measured.
   */
  readonly isDistance: boolean;
  /** The PSNR of an interpolation of the samples, measured between them, in decibels. */
  readonly interpolation: number;
}

/** A signal by its name. */
export interface SignalDefinition {
  readonly name: string;
  /** For reports: what it is, and where it comes from. */
  readonly title: string;
  /**
   * @param size the number of samples along each axis of a picture; that of sounds and volumes is about the same in all
   * @throws InputError when the original has fewer than twice as many
   */
  create(size: number): Promise<QualitySignal>;
}

/** omega0 of a SIREN on pictures: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2. */
export const PICTURE_OMEGA = 30;

/** The options of {@link createQualitySignal}. */
export interface SignalOptions extends Pick<QualitySignal, 'omega0' | 'filter'> {
  /** False if absent. */
  readonly isDistance?: boolean;
}

/** @param finer `[...grid, k]` in [-1, 1], with an even number of samples along each axis */
export const createQualitySignal = (
  finer: DenseArray,
  { omega0, filter, isDistance = false }: SignalOptions,
): QualitySignal => {
  const working = halveResolution(finer, { filter });
  const shape = working.shape.slice(0, -1);
  const { interpolation } = qualityBetween(finer, finer, { filter, dataRange: DATA_RANGE });
  return {
    ...{ shape, finer, omega0, filter, isDistance, interpolation },
    channels: working.shape.at(-1) as number,
    values: working.data,
    coords: gridCoordinates(shape, { convention: 'pixel-centred' }),
    finerCoords: finerCoordinates(shape, { convention: 'pixel-centred' }),
  };
};

/** A hash of everything that a signal gives to a trial. */
export const hashSignal = ({ shape, channels, omega0, filter, values, coords, finer }: QualitySignal): string => {
  const hash = createHash('sha256').update(JSON.stringify({ shape, channels, omega0, filter }));
  for (const data of [values, coords, Float32Array.from(finer.data)]) hash.update(data);
  return hash.digest('hex').slice(0, 16);
};
