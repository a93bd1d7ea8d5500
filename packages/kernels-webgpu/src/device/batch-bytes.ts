/** The maximum default: for a layer of width 256 this is some thousand workgroups. */
const MAX_BATCH_BYTES = 2 ** 30;

/**
 * Default memory for the activations of a batch, in bytes: a quarter of the device's largest buffer, which is the best
 * available estimate of its memory.
 */
export const defaultBatchBytes = ({ maxBufferSize }: GPUSupportedLimits): number =>
  Math.min(MAX_BATCH_BYTES, maxBufferSize / 4);
