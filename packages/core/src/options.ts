/**
 * @file Options objects of callers whom no type checker helps: a misspelt option is an error, never silently the
 * default.
 */
import { nearestNames } from './nearest-names.ts';

export {
  assertCount,
  assertFinite,
  assertFraction,
  assertNonNegative,
  assertOneOf,
  assertPositive,
  assertShare,
  describeValue,
} from './assert-number.ts';
export { nearestNames };

type KeysOf<T> = T extends unknown ? keyof T : never;

const describe = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : typeof value;

/**
 * Checks that an argument is an object and has no other properties than the known ones.
 *
 * @param name of the function, for the message
 * @param known every option of the type, so that the compiler keeps both in step
 * @throws TypeError that names the unknown option, the nearest known ones, and all of them
 */
export const assertOptions = <T extends object>(
  name: string,
  options: T,
  known: NoInfer<Readonly<Record<KeysOf<T>, 1>>>,
): void => {
  const names = Object.keys(known);
  const all = names.join(', ');
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`${name}: wanted an object with options (${all}), got ${describe(options)}`);
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue;
    const near = nearestNames(key, names);
    const hint = near.length > 0 ? `, perhaps '${near.join("' or '")}'` : '';
    throw new TypeError(`${name}: unknown option '${key}'${hint}; the options are ${all}`);
  }
};
