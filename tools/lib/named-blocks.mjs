const BLOCK = /^```\w+ (\S+)\n([\s\S]*?)^```$/gm;

/**
 * The files of a Markdown text: its code blocks that have a name behind the language.
 *
 * @param {string} markdown
 * @returns {ReadonlyMap<string, string>}
 */
export const namedBlocks = markdown =>
  new Map([...markdown.matchAll(BLOCK)].map(([, name = '', text = '']) => [name, text]));
