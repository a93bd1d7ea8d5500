export declare function prepareSanitizers():
  | { readonly env: Readonly<Record<string, string>> }
  | { readonly problem: string };
