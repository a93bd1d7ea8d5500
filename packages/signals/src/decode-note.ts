/** An irregularity of a file that did not prevent decoding, but that the user should know. */
export interface DecodeNote {
  readonly kind: /** The file does not state its length, as when written to a pipe: everything up to its end was used. */
    | 'unknown-length'
    /** The file is shorter than it states: the available part was used. */
    | 'ends-early'
    /** Bytes that belong to no part of the file were ignored. */
    | 'spare-bytes'
    /** The file is damaged, and the readable part was decoded because of `allowDamaged`. */
    | 'damaged';
  /** One sentence for the user, without a full stop. */
  readonly text: string;
}
