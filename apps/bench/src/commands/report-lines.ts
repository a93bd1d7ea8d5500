/** @file The result of a run in a few lines. */
import { supervisions } from '../protocol.ts';
import {
  busyWarning,
  describeCase,
  describeDemands,
  deviceOf,
  emulationWarning,
  formatRatio,
  formatShare,
} from '../speed/describe.ts';
import { representative } from '../speed/page.ts';
import type { Results } from '../speed/results.ts';
import { measuredIn, shareOfDevice, shareOfSgemm } from '../speed/tables.ts';

/** Whether a peer runs on a graphics card: only peers in the same place are compared. */
const isOnDevice = (found: Results, peer: string): boolean => deviceOf(found, peer) !== undefined;

/** The result in a few lines. */
const summarise = (found: Results): string[] => {
  const about = representative(found);
  if (about === undefined) return ['nothing was measured'];
  return supervisions.flatMap(supervision =>
    ['native', 'simd', 'webgpu'].flatMap(name => {
      const each = { supervision, ...about };
      const own = measuredIn(found.results, name, each);
      if (own === undefined) return [];
      const ratios = Object.keys(found.peers).flatMap(peer => {
        const comparable = peer !== name && isOnDevice(found, peer) === isOnDevice(found, name);
        const other = comparable ? measuredIn(found.results, peer, each) : undefined;
        return other ? [`${formatRatio(other.seconds.median / own.seconds.median)} over ${peer}`] : [];
      });
      const [ofDevice, ofSgemm] = [shareOfDevice(found, name, own), shareOfSgemm(found, name, own)];
      const facts = [
        ...(ratios.length > 0 ? [`speed-up ${ratios.join(', ')}`] : []),
        ...(own.demands ? [describeDemands(own.demands)] : []),
        ...(ofDevice !== undefined ? [`${formatShare(ofDevice)} of the device's rate`] : []),
        ...(ofSgemm !== undefined ? [`${formatShare(ofSgemm)} of the best sgemm`] : []),
      ];
      return facts.length === 0 ? [] : [`${describeCase(each)}: ${name}: ${facts.join('; ')}`];
    }),
  );
};

/** The lines that a run prints when it is done. */
export const reportLines = (
  found: Results,
): { readonly warnings: readonly string[]; readonly results: readonly string[] } => ({
  warnings: [emulationWarning(found), busyWarning(found)].flatMap(warning => warning ?? []),
  results: summarise(found),
});
