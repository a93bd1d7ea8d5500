/**
 * @file Two questions about JSON text that `JSON.parse` does not answer. It keeps the last of two equal keys and drops
 *   the first in silence, though a file with both is damaged or hostile; and it takes any depth, on which every
 *   recursive function after it then fails.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const STRUCTURE: ReadonlySet<number> = new Set([...'{}[]:'].map(character => character.charCodeAt(0)));

/**
 * The strings of the text and the characters that give it its structure. Any text will do; a string that is not closed
 * ends with it.
 */
function* tokens(text: string): Generator<string> {
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) {
      const start = i;
      // By hand: a regular expression overflows its stack on strings of some megabytes.
      for (i++; i < text.length && text.charCodeAt(i) !== QUOTE; i++) if (text.charCodeAt(i) === BACKSLASH) i++;
      yield text.slice(start, i + 1);
    } else if (STRUCTURE.has(character)) yield text[i] as string;
  }
}

/**
 * True when objects and arrays lie at most `limit` deep in each other; `{"a":[]}` has depth 2.
 *
 * @param text any text; the answer means something if it is JSON
 */
export const isNestedAtMost = (text: string, limit: number): boolean => {
  let depth = 0;
  for (const token of tokens(text)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    if (depth > limit) return false;
  }
  return true;
};

/**
 * The first key that occurs twice in one object, or `undefined`. Keys are compared after their escapes are resolved.
 *
 * @param text valid JSON (checked by `JSON.parse` before)
 */
export const findDuplicateKey = (text: string): string | undefined => {
  const open: (Set<string> | undefined)[] = []; // the keys of each enclosing object; undefined for an array
  let last = '';
  for (const token of tokens(text)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1) as Set<string>;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    last = token;
  }
  return undefined;
};
