/** @file All kinds of generators. */
import { filmDefinition } from './film.ts';
import type { Generator, GeneratorContext, GeneratorDefinition, GeneratorSpec } from './generator.ts';
import { hypernetworkDefinition } from './hypernetwork.ts';
import { lowRankDefinition } from './low-rank.ts';
import { modulatorDefinition } from './modulator.ts';
import { shiftModulationDefinition } from './shift-modulation.ts';

const definitions: readonly GeneratorDefinition[] = [
  hypernetworkDefinition,
  lowRankDefinition,
  shiftModulationDefinition,
  filmDefinition,
  modulatorDefinition,
];

/** Makes the generator of a spec. @throws RangeError when its kind is unknown or does not suit the field */
export const generatorOf = (spec: GeneratorSpec, context: GeneratorContext): Generator => {
  const definition = definitions.find(({ kind }) => kind === spec?.kind);
  if (definition === undefined)
    throw new RangeError(
      `prior: unknown generator '${String(spec?.kind)}'; known: ${definitions.map(({ kind }) => kind).join(', ')}`,
    );
  return definition.build(spec, context);
};
