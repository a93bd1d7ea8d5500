/**
 * @file Two checks of JSON text that `JSON.parse` does not make. It silently drops the first of two equal keys,
 *   although a file with both is damaged or hostile; and it accepts any depth, on which later recursive functions fail.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const STRUCTURE: ReadonlySet<number> = new Set([...'{}[]:'].map(character => character.charCodeAt(0)));

/**
 * Tokenizes the strings and structural characters of a text. Accepts any text; an unterminated string extends to its
 * end.
 */
function* tokens(text: string): Generator<string> {
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) {
      const start = i;
      // Not a regular expression, which would overflow its stack on strings of several megabytes.
      for (i++; i < text.length && text.charCodeAt(i) !== QUOTE; i++) if (text.charCodeAt(i) === BACKSLASH) i++;
      yield text.slice(start, i + 1);
    } else if (STRUCTURE.has(character)) yield text[i] as string;
  }
}

/**
 * Whether objects and arrays are nested at most `limit` deep; `{"a":[]}` has depth 2.
 *
 * @param text any text; the result is meaningful only for JSON
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
 * The first duplicate key of an object, or `undefined`. Keys are compared after unescaping.
 *
 * @param text valid JSON (already checked by `JSON.parse`)
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
