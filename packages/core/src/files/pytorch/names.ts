/**
 * @file The names of the layers of public implementations. A state dict says little about the network it belongs to:
 *   names and arrays.
 *
 *     implementation                      names of layer i                  of the last layer
 *     vsitzmann/siren, modules.py         net.<i>.0.weight                  net.<n>.0.weight
 *     vsitzmann/siren, notebook           net.<i>.linear.weight             net.<n>.weight, or net.<n>.linear.weight with a sine on it
 *     lucidrains/siren-pytorch            layers.<i>.weight                 last_layer.weight
 *     torch.nn.Sequential or ModuleList   <place>.weight, places ascending
 *
 * and `.bias` likewise. The notebook's names are those of the codes of FINER, WIRE and Gaussian networks too. Modules
 * around the network put words in front, any number of them: SingleBVPNet and SirenWrapper `net.`, DataParallel
 * `module.`, torch.compile `_orig_mod.`, others their own.
 */

/** The implementation that a state dict comes from. */
export type PytorchSource =
  | 'vsitzmann/siren modules'
  | 'vsitzmann/siren notebook'
  | 'lucidrains/siren-pytorch'
  | 'torch.nn.Sequential';

/** What a name says. */
export interface ParsedName {
  /** The words in front, each with its dot. */
  readonly prefix: string;
  /** `Infinity` for a last layer that has no number. */
  readonly index: number;
  readonly part: 'weight' | 'bias';
  /** Whether an activation is known to follow (true), known not to follow (false), or the name says nothing. */
  readonly activated?: boolean;
}

/** An implementation. */
export interface Family {
  readonly source: PytorchSource;
  /** Its names, for people. */
  readonly names: string;
  /** The factors in the sines where the code has no other: of the first layer and of the later ones. */
  readonly omegas: readonly [first: number, hidden: number];
  /** Whether its networks have sines unless something else is said. */
  readonly isSiren: boolean;
  /** Whether other modules may lie between the layers, each with a place of its own. */
  readonly hasGaps: boolean;
  /** @param words the name without its last word, which is the part */
  parse(words: readonly string[]): Omit<ParsedName, 'part'> | undefined;
}

const INDEX = /^\d{1,9}$/;

const prefixOf = (words: readonly string[], own: number): string =>
  words
    .slice(0, words.length - own)
    .map(word => `${word}.`)
    .join('');

/** The families in the order in which they are tried. */
export const families: readonly Family[] = [
  {
    source: 'vsitzmann/siren modules',
    names: 'net.<i>.0.weight',
    omegas: [30, 30],
    isSiren: true,
    hasGaps: false,
    parse: words => {
      const [net, index = '', zero] = words.slice(-3);
      return net === 'net' && zero === '0' && INDEX.test(index)
        ? { prefix: prefixOf(words, 3), index: Number(index) }
        : undefined;
    },
  },
  {
    source: 'vsitzmann/siren notebook',
    names: 'net.<i>.linear.weight',
    omegas: [30, 30],
    isSiren: true,
    hasGaps: false,
    parse: words => {
      const activated = words.at(-1) === 'linear';
      const [net, index = ''] = activated ? words.slice(-3, -1) : words.slice(-2);
      return net === 'net' && INDEX.test(index)
        ? { prefix: prefixOf(words, activated ? 3 : 2), index: Number(index), activated }
        : undefined;
    },
  },
  {
    source: 'lucidrains/siren-pytorch',
    names: 'layers.<i>.weight with last_layer.weight',
    omegas: [30, 1],
    isSiren: true,
    hasGaps: false,
    parse: words => {
      if (words.at(-1) === 'last_layer')
        return { prefix: prefixOf(words, 1), index: Number.POSITIVE_INFINITY, activated: false };
      const [layers, index = ''] = words.slice(-2);
      return layers === 'layers' && INDEX.test(index)
        ? { prefix: prefixOf(words, 2), index: Number(index), activated: true }
        : undefined;
    },
  },
  {
    source: 'torch.nn.Sequential',
    names: '0.weight, 2.weight, ...',
    omegas: [30, 30],
    isSiren: false,
    hasGaps: true,
    parse: words => {
      const index = words.at(-1) ?? '';
      return INDEX.test(index) ? { prefix: prefixOf(words, 1), index: Number(index) } : undefined;
    },
  },
];

/** Longer names are nobody's. */
const MAX_NAME = 500;

/** What a family makes of a name; `undefined` where it is not one of its names. */
export const parseName = (family: Family, name: string): ParsedName | undefined => {
  const words = name.slice(0, MAX_NAME + 1).split('.');
  const part = words.pop();
  if (name.length > MAX_NAME || (part !== 'weight' && part !== 'bias')) return undefined;
  const parsed = family.parse(words);
  return parsed && { ...parsed, part };
};

/** Buffers that are not part of the network: SirenWrapper keeps its pixel coordinates in `grid`. */
export const isBuffer = (name: string): boolean => name.length <= MAX_NAME && /(^|\.)grid$/.test(name);
