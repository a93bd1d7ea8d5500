/** The most that a batch takes where nothing else is said: for a layer 256 wide that is some thousand workgroups. */
const MOST = 2 ** 30;

/**
 * What the activations of a batch of points may take on a device: a quarter of its largest buffer, the best hint at its
 * memory that there is.
 */
export const defaultBatchBytes = ({ maxBufferSize }: GPUSupportedLimits): number => Math.min(MOST, maxBufferSize / 4);
