/** What a reader met in a file and went on with, which the file's owner should know. */
export interface DecodeNote {
  readonly kind: /** The file does not say how long it is, as from a pipe: everything up to its end is taken. */
    | 'unknown-length'
    /** The file says that it is longer than it is: what is there is taken. */
    | 'ends-early'
    /** Bytes that belong to nothing are left out. */
    | 'spare-bytes'
    /** The file is damaged, and what could be read is given, as `allowDamaged` asks. */
    | 'damaged';
  /** One sentence without a full stop, for people. */
  readonly text: string;
}
