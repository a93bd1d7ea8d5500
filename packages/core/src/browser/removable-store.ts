import type { CheckpointStore } from '../fit/checkpoint.ts';

/** A checkpoint store that can be emptied, for example when a fit has ended. */
export interface RemovableCheckpointStore extends CheckpointStore {
  /** Removes the checkpoint, if there is one. */
  remove(): Promise<void>;
}
