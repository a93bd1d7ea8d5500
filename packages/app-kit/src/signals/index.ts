/** @file What a field represents, as recorded in its file. */
export {
  asRecord,
  integerIn,
  type JsonRecord,
  listOf,
  oneOf,
  optional,
  parseRecord,
  show,
  wrong,
} from './json-fields.ts';
export {
  type AudioDescription,
  coordinateCount,
  describeSignal,
  type ImageDescription,
  type ShapeDescription,
  SIGNAL_KEY,
  type SignalDescription,
} from './signal-description.ts';
