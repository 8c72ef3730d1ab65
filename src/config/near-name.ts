/** Longer names are nobody's slip of the key, and comparing takes time by their length. */
const LONGEST = 60;

/**
 * The name that was probably meant: one of which the given one is the beginning, or which differs in case only or in
 * at most a third of its letters. Undefined when none is near.
 */
export function nearName(given: string, names: readonly string[]): string | undefined {
  if (given.length > LONGEST) return undefined;
  const wanted = given.toLowerCase();
  const measured = names
    .map((name) => ({ name, distance: distanceTo(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(given.length, name.length) / 3);
  return measured.toSorted((a, b) => a.distance - b.distance)[0]?.name;
}

/** The start of a name counts as near: people leave units away. */
function distanceTo(given: string, name: string): number {
  return given.length > 3 && name.startsWith(given) ? 1 : editDistance(given, name);
}

/** Levenshtein (1966): the fewest letters to put in, take out or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
