/** The options in the JSON form of a generator or an encoder: everything but its kind. */
export const optionsOf = <S extends { readonly kind: string }>({ kind: _, ...options }: S): Omit<S, 'kind'> => options;
