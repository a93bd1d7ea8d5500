/** @file A name with options as one argument: `wire`, or `wire:omega=30,scale=5`. */

/** A name, and options as text. */
export interface NamedOptions {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

/** Reads a name with options. A part that is not `key=value` is an option without a value, which nothing accepts. */
export const readNamedOptions = (text: string): NamedOptions => {
  const [, name = '', list] = /^([a-z0-9-]+)(?::(.+))?$/.exec(text.trim()) ?? [];
  const entries = (list?.split(',') ?? []).map(part => {
    const [, key, value] = /^([a-zA-Z0-9]+)=(\S+)$/.exec(part.trim()) ?? [];
    return [key ?? part.trim(), value ?? ''] as const;
  });
  return { name, options: Object.fromEntries(entries) };
};
