/** Returns an enum object in which every name is its own value. */
export function enumOf<Name extends string>(names: readonly Name[]): { readonly [Key in Name]: Key } {
  return Object.fromEntries(names.map((name) => [name, name])) as { readonly [Key in Name]: Key };
}
