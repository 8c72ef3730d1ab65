/**
 * Orders user keys by their UTF-8 bytes, as `collate "C"` does in PostgreSQL. Every transaction locks stored
 * profiles in this order, so that no two deadlock over them. JavaScript's default order differs beyond U+FFFF.
 */
export function compareUserKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = orderOf(a.charCodeAt(index)) - orderOf(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Moves the surrogates, U+D800–DFFF, behind all other UTF-16 units. */
function orderOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
