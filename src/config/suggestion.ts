/** Longer input is not a typo, and the comparison takes time proportional to the length. In characters. */
const MAX_LENGTH = 60;

/**
 * Returns the known name that the input probably means: one that starts with the input, or that differs in at most a
 * third of its letters. Case is ignored.
 */
export function suggestName(input: string, names: readonly string[]): string | undefined {
  if (input.length > MAX_LENGTH) return undefined;
  const wanted = input.toLowerCase();
  const candidates = names
    .map((name) => ({ name, distance: distanceTo(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(input.length, name.length) / 3);
  return candidates.toSorted((a, b) => a.distance - b.distance)[0]?.name;
}

/** The start of a name counts as close, because people omit units. */
function distanceTo(input: string, name: string): number {
  return input.length > 3 && name.startsWith(input) ? 1 : editDistance(input, name);
}

/** Levenshtein (1966): the fewest letters to insert, delete or replace. */
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
