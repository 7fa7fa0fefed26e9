declare const brand: unique symbol;

/** A string or number that only its parser can make: what is parsed once is not checked again. */
export type Brand<Type, Name extends string> = Type & { readonly [brand]: Name };
