/** @file Finds the layers of the network in a state dict by their names. Takes time linear in the number of names. */
import { listNames } from '../field-data.ts';
import { FieldFileError } from '../field-file-error.ts';
import { type Family, families, isBuffer, type ParsedName, parseName } from './names.ts';
import { describePath, type StateDict, type StateTensor } from './state-dicts.ts';

/** A layer found by its names. */
export interface FoundLayer {
  readonly weight: StateTensor;
  readonly bias?: StateTensor;
  /** The name of the weight. */
  readonly name: string;
  /** As in `ParsedName`. */
  readonly activated?: boolean;
}

/** A network in a state dict. */
export interface FoundNetwork {
  readonly family: Family;
  /** The checkpoint's keys and the words before the names, each followed by a dot. */
  readonly prefix: string;
  readonly layers: readonly FoundLayer[];
}

interface LayerParts {
  weight?: { readonly tensor: StateTensor; readonly name: string };
  bias?: { readonly tensor: StateTensor; readonly name: string };
  activated?: boolean;
}

/** A name that matches a family, with its tensor. */
interface NamedTensor extends ParsedName {
  readonly name: string;
  readonly tensor: StateTensor;
}

/**
 * The layers in order; `undefined` if they are not a network of the family.
 *
 * @throws FieldFileError `missing-parameter`
 */
const orderLayers = (family: Family, parsed: readonly NamedTensor[]): FoundLayer[] | undefined => {
  const byIndex = new Map<number, LayerParts>();
  for (const { name, tensor, index, part, activated } of parsed) {
    const parts = byIndex.get(index) ?? {};
    byIndex.set(index, parts);
    parts[part] = { tensor, name };
    if (activated !== undefined) parts.activated = activated;
  }
  const inOrder = [...byIndex].sort(([a], [b]) => a - b);
  // Only the last layer may lack an activation; one with a name of its own always does.
  if (inOrder.slice(0, -1).some(([, { activated }]) => activated === false)) return undefined;
  if (family.namesLast && inOrder.at(-1)?.[1].activated !== false) return undefined;
  return inOrder.map(([index, { weight, bias, activated }], place): FoundLayer => {
    if (!family.hasGaps && index !== place && Number.isFinite(index))
      throw new FieldFileError(
        'missing-parameter',
        `layer ${place} is missing among ${listNames(parsed.map(({ name }) => name))}`,
      );
    if (weight === undefined)
      throw new FieldFileError('missing-parameter', `${listNames([bias?.name ?? ''])} has no matching weight`);
    return {
      weight: weight.tensor,
      name: weight.name,
      ...(bias && { bias: bias.tensor }),
      ...(activated !== undefined && { activated }),
    };
  });
};

/** The part of the requested prefix that is within the state dict: the prefix may include the checkpoint's keys. */
const within = ({ path }: StateDict, wanted: string): string => {
  const prefix = wanted === '' || wanted.endsWith('.') ? wanted : `${wanted}.`;
  return path !== '' && prefix.startsWith(`${path}.`) ? prefix.slice(path.length + 1) : prefix;
};

const unknownNames = (dict: StateDict, names: readonly string[]): FieldFileError => {
  const understood = families.map(family => `${family.names} (${family.source})`).join('; ');
  const modulated = names.some(name => name.includes('modulator.'))
    ? '; a modulated network is a hypernetwork, not one field'
    : '';
  return new FieldFileError(
    'unknown-names',
    `no network was recognised in ${describePath(dict.path)} with the names ${names.length === 0 ? '(there are none)' : listNames(names)}; ` +
      `known names: ${understood}, each with any prefix${modulated}`,
  );
};

/** The prefixes of a family's networks among the names, and the names that do not match. */
const groupNames = (
  family: Family,
  names: readonly string[],
): { readonly prefixes: Set<string>; readonly others: string[] } => {
  const prefixes = new Set<string>();
  const others: string[] = [];
  for (const name of names) {
    const parsed = parseName(family, name);
    if (parsed) prefixes.add(parsed.prefix);
    else others.push(name);
  }
  return { prefixes, others };
};

/**
 * The network in a state dict.
 *
 * @param wanted the prefix of the network's names, optionally with the path of the state dict; other arrays are then
 *   ignored. `undefined`: all arrays must belong to one network
 * @throws FieldFileError `unknown-names`, `ambiguous` or `missing-parameter`
 */
export const findNetwork = (dict: StateDict, wanted: string | undefined): FoundNetwork => {
  const own = wanted === undefined ? '' : within(dict, wanted);
  const names = [...dict.tensors.keys()].filter(name => name.startsWith(own) && !isBuffer(name));
  const around = dict.path === '' ? '' : `${dict.path}.`;
  for (const family of families) {
    const parsed = names.flatMap((name): NamedTensor[] => {
      const found = parseName(family, name);
      return found ? [{ ...found, name, tensor: dict.tensors.get(name) as StateTensor }] : [];
    });
    const prefix = parsed[0]?.prefix;
    if (prefix === undefined || parsed.length < names.length || parsed.some(other => other.prefix !== prefix)) continue;
    const layers = orderLayers(family, parsed);
    if (layers) return { family, prefix: around + prefix, layers };
  }
  // Some of the names may belong to a network: report their prefix.
  for (const family of families) {
    const { prefixes, others } = groupNames(family, names);
    if (prefixes.size === 0 || prefixes.size > names.length / 4) continue;
    const found = prefixes.size === 1 ? 'a network' : `${prefixes.size} networks`;
    const places = listNames([...prefixes].map(prefix => `'${around}${prefix}'`));
    const beside = others.length > 0 ? `, besides ${listNames(others)}` : '';
    throw new FieldFileError(
      'ambiguous',
      `${describePath(dict.path)} has ${found} of ${family.source} with the prefix ${places}${beside}`,
      { option: 'prefix' },
    );
  }
  throw unknownNames(dict, names);
};
