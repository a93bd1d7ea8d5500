/** @file Tables across several experiments, laid out as in the papers. */
import type { Table } from './frame/findings.ts';
import type { ExperimentResult } from './frame/result.ts';
import { networkLabels } from './shared/networks.ts';
import { poissonNetworks } from './shared/poisson-experiment.ts';

/** A table that is made once all its experiments have run. */
interface Summary {
  /** The experiments it is made of, by id. */
  readonly of: readonly string[];
  make(results: Readonly<Record<string, ExperimentResult>>): Table;
}

/** The table of the SIREN paper's supplement: three networks, two kinds of supervision, three PSNRs each. */
const poisson: Summary = {
  of: ['siren-poisson-gradient', 'siren-poisson-laplacian'],
  make: results => {
    const of = ['siren-poisson-gradient', 'siren-poisson-laplacian'].map(id => results[id]?.findings.numbers);
    const names = poissonNetworks.toReversed().filter(name => of.some(numbers => numbers?.[name]));
    const rows = [
      ['Reconstructed image', 'value'],
      ['Reconstructed gradient', 'gradient'],
      ['Reconstructed Laplacian', 'laplacian'],
    ] as const;
    return {
      title: 'PSNR (dB) of pictures from their derivatives, by network and supervision',
      corner: '',
      columns: names.flatMap(name => [`${networkLabels[name]} grad.`, `${networkLabels[name]} Lapl.`]),
      rows: rows.map(([row, quantity]) => ({
        name: row,
        cells: names.flatMap(name => of.map(numbers => numbers?.[name]?.[quantity])),
      })),
      caption:
        'The shape of the table in the supplement of Sitzmann et al. 2020. The published numbers, of another picture at 256 x 256 and 10,000 steps, ' +
        'stand in the tables of the two experiments.',
    };
  },
};

const summaries: readonly Summary[] = [poisson];

/** The tables that can be made from the given results. */
export const summariesOf = (results: readonly ExperimentResult[]): readonly Table[] => {
  const byId = Object.fromEntries(results.map(result => [result.experiment.id, result]));
  return summaries.filter(({ of }) => of.every(id => byId[id] !== undefined)).map(({ make }) => make(byId));
};
