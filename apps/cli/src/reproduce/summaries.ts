/** @file Tables over several experiments, in the shape that the papers give them. */
import type { Table } from './frame/findings.ts';
import type { ExperimentResult } from './frame/result.ts';

/** A table that is made when all its experiments have been run. */
export interface Summary {
  /** The experiments it is made of, by id. */
  readonly of: readonly string[];
  make(results: Readonly<Record<string, ExperimentResult>>): Table;
}

/** All of them. */
const summaries: readonly Summary[] = [];

/** The tables that can be made of some results. */
export const summariesOf = (results: readonly ExperimentResult[]): readonly Table[] => {
  const byId = Object.fromEntries(results.map(result => [result.experiment.id, result]));
  return summaries.filter(({ of }) => of.every(id => byId[id] !== undefined)).map(({ make }) => make(byId));
};
