/** What some steps of a fit took, and the quality after them. */
export interface GridTurn {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the whole picture, in dB. */
  readonly psnr: number;
}

/** A fit that advances in turns. */
export interface GridPeer {
  readonly name: string;
  turn(steps: number): Promise<GridTurn>;
  dispose(): void;
}
