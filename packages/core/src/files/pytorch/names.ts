/**
 * @file The names of the layers of public implementations. A state dict contains only names and arrays.
 *
 *     implementation                      names of layer i                  of the last layer
 *     vsitzmann/siren, modules.py         net.<i>.0.weight                  net.<n>.0.weight
 *     vsitzmann/siren, notebook           net.<i>.linear.weight             net.<n>.weight, or net.<n>.linear.weight with a sine on it
 *     EmilienDupont/coin                  net.<i>.linear.weight             last_layer.linear.weight
 *     lucidrains/siren-pytorch            layers.<i>.weight                 last_layer.weight
 *     torch.nn.Sequential or ModuleList   <place>.weight, places ascending
 *
 * and `.bias` likewise. The code of FINER, WIRE and Gaussian networks uses the notebook's names too. Modules around the
 * network add any number of prefixes: SingleBVPNet and SirenWrapper `net.`, DataParallel `module.`, torch.compile
 * `_orig_mod.`, and others.
 */

/** The implementation that a state dict comes from. */
export type PytorchSource =
  | 'vsitzmann/siren modules'
  | 'vsitzmann/siren notebook'
  | 'EmilienDupont/coin'
  | 'lucidrains/siren-pytorch'
  | 'torch.nn.Sequential';

/** The naming schemes of state dicts that can be written. */
export const pytorchNames = ['single-bvp-net', 'siren', 'coin', 'siren-pytorch', 'sequential'] as const;

/**
 * A naming scheme: `single-bvp-net` is `SingleBVPNet` of vsitzmann/siren, `siren` the class `Siren` of its notebook
 * (and of the FINER and WIRE code), `coin` that of EmilienDupont/coin, `siren-pytorch` is `SirenNet` of
 * lucidrains/siren-pytorch, `sequential` an `nn.Sequential` of `nn.Linear`s with one module after each but the last.
 */
export type PytorchNames = (typeof pytorchNames)[number];

/** Whether the code with these names can have these activations after its layers. */
export const canName = (names: PytorchNames, activations: readonly { readonly kind: string }[]): boolean => {
  if (names === 'sequential') return true;
  if (activations.at(-1)?.kind !== 'identity') return false;
  return names === 'siren' || activations.slice(0, -1).every(({ kind }) => kind === 'sine');
};

/** The information in a name. */
export interface ParsedName {
  /** The prefix, with a dot after each word. */
  readonly prefix: string;
  /** `Infinity` for a last layer without a number. */
  readonly index: number;
  readonly part: 'weight' | 'bias';
  /** Whether an activation follows; absent if the name does not tell. */
  readonly activated?: boolean;
}

/** A public implementation and its naming scheme. */
export interface Family {
  readonly source: PytorchSource;
  /** The scheme that writes these names. */
  readonly scheme: PytorchNames;
  /** Its names, for messages. */
  readonly names: string;
  /** The default omegas of the first layer and of the later ones. */
  readonly omegas: readonly [first: number, hidden: number];
  /** Whether its networks have sines by default. */
  readonly isSiren: boolean;
  /** Whether other modules between the layers may take indices. */
  readonly hasGaps: boolean;
  /** Whether the last layer has a name without a number. */
  readonly namesLast: boolean;
  /** @param words the name without its last word, `weight` or `bias` */
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
    scheme: 'single-bvp-net',
    names: 'net.<i>.0.weight',
    omegas: [30, 30],
    isSiren: true,
    hasGaps: false,
    namesLast: false,
    parse: words => {
      const [net, index = '', zero] = words.slice(-3);
      return net === 'net' && zero === '0' && INDEX.test(index)
        ? { prefix: prefixOf(words, 3), index: Number(index) }
        : undefined;
    },
  },
  {
    source: 'vsitzmann/siren notebook',
    scheme: 'siren',
    names: 'net.<i>.linear.weight',
    omegas: [30, 30],
    isSiren: true,
    hasGaps: false,
    namesLast: false,
    parse: words => {
      const activated = words.at(-1) === 'linear';
      const [net, index = ''] = activated ? words.slice(-3, -1) : words.slice(-2);
      return net === 'net' && INDEX.test(index)
        ? { prefix: prefixOf(words, activated ? 3 : 2), index: Number(index), activated }
        : undefined;
    },
  },
  {
    source: 'EmilienDupont/coin',
    scheme: 'coin',
    names: 'net.<i>.linear.weight with last_layer.linear.weight',
    omegas: [30, 30],
    isSiren: true,
    hasGaps: false,
    namesLast: true,
    parse: words => {
      if (words.at(-2) === 'last_layer' && words.at(-1) === 'linear')
        return { prefix: prefixOf(words, 2), index: Number.POSITIVE_INFINITY, activated: false };
      const [net, index = '', linear] = words.slice(-3);
      return net === 'net' && linear === 'linear' && INDEX.test(index)
        ? { prefix: prefixOf(words, 3), index: Number(index), activated: true }
        : undefined;
    },
  },
  {
    source: 'lucidrains/siren-pytorch',
    scheme: 'siren-pytorch',
    names: 'layers.<i>.weight with last_layer.weight',
    omegas: [30, 1],
    isSiren: true,
    hasGaps: false,
    namesLast: true,
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
    scheme: 'sequential',
    names: '0.weight, 2.weight, ...',
    omegas: [30, 30],
    isSiren: false,
    hasGaps: true,
    namesLast: false,
    parse: words => {
      const index = words.at(-1) ?? '';
      return INDEX.test(index) ? { prefix: prefixOf(words, 1), index: Number(index) } : undefined;
    },
  },
];

/** The maximum length of a name. */
const MAX_NAME = 500;

/** Parses a name by a family's scheme; `undefined` if it does not match. */
export const parseName = (family: Family, name: string): ParsedName | undefined => {
  const words = name.slice(0, MAX_NAME + 1).split('.');
  const part = words.pop();
  if (name.length > MAX_NAME || (part !== 'weight' && part !== 'bias')) return undefined;
  const parsed = family.parse(words);
  return parsed && { ...parsed, part };
};

/** Whether a name is that of a buffer: SirenWrapper stores pixel coordinates in `grid`. */
export const isBuffer = (name: string): boolean => name.length <= MAX_NAME && /(^|\.)grid$/.test(name);
