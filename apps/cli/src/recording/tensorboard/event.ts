/**
 * @file The records of an event file: TFRecord framing around TensorFlow's messages `Event` and `Summary`. The field
 *   numbers are those of `tensorflow/core/util/event.proto` and `tensorflow/core/framework/summary.proto`.
 */
import { maskedCrc32c } from './crc32c.ts';
import { bytesField, doubleField, floatField, integerField, message, stringField } from './protobuf.ts';

/** A value that an event carries. */
export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  | {
      readonly tag: string;
      /** The bytes of a PNG file. */
      readonly png: Uint8Array;
      readonly width: number;
      readonly height: number;
      readonly channels: number;
    };

/** The time and the step of an event. */
export interface EventTime {
  /** Seconds since the Unix epoch. */
  readonly wallTime: number;
  readonly step: number;
}

const valueMessage = (value: SummaryValue): Uint8Array => {
  const tag = stringField(1, value.tag);
  if ('scalar' in value) return message(tag, floatField(2, value.scalar));
  const { png, width, height, channels } = value;
  // The colour space is encoded as the number of channels.
  const image = message(integerField(1, height), integerField(2, width), integerField(3, channels), bytesField(4, png));
  return message(tag, bytesField(4, image));
};

const eventMessage = ({ wallTime, step }: EventTime, content: Uint8Array): Uint8Array =>
  message(doubleField(1, wallTime), integerField(2, step), content);

/** The event with which every file begins. */
export const versionEvent = (wallTime: number): Uint8Array =>
  eventMessage({ wallTime, step: 0 }, stringField(3, 'brain.Event:2'));

/** The event that makes a reader discard what an earlier run has logged for this step and later ones. */
export const startEvent = (time: EventTime): Uint8Array => eventMessage(time, bytesField(7, integerField(1, 1)));

/** The event that carries some values at a step. */
export const summaryEvent = (time: EventTime, values: readonly SummaryValue[]): Uint8Array =>
  eventMessage(time, bytesField(5, message(...values.map(value => bytesField(1, valueMessage(value))))));

/** A TFRecord: the length (u64), its masked checksum (u32), the data, and its masked checksum (u32), little-endian. */
export const tfRecord = (data: Uint8Array): Uint8Array => {
  const record = Buffer.alloc(12 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return record;
};
