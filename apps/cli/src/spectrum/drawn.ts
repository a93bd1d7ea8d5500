/** @file What the pictures of spectra consist of. */
import type { Image, PointSet } from '@neural-fields/signals';

/** A picture, and what it shows. */
export interface Panel {
  readonly title: string;
  readonly image: Image;
  /**
   * A rectangle in the middle that is outlined, e.g. that of the Nyquist frequencies: its height and width as parts of
   * those of the image.
   */
  readonly limit?: readonly [height: number, width: number];
}

/** Panels, and what their axes are. */
export interface Drawn {
  readonly panels: readonly Panel[];
  readonly notes: readonly string[];
}

/** What both kinds of spectra are drawn with. */
export interface DrawOptions {
  readonly points: PointSet | undefined;
  readonly size: number;
  readonly signal: AbortSignal;
  readonly report: (share: number) => void;
}
