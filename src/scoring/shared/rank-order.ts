/** The values that decide the rank of a market. */
export interface RankKey {
  readonly id: string;
  readonly final: number;
  readonly volumeTotal: number;
}

function descending(a: number, b: number): number {
  const aFinite = Number.isFinite(a);
  const bFinite = Number.isFinite(b);
  if (!aFinite || !bFinite) return Number(bFinite) - Number(aFinite);
  return b - a;
}

/**
 * Order of a ranking, for `sort`: final descending, then volumeTotal descending, then id ascending by UTF-16 code unit,
 * which does not depend on the locale. A score or volume that is not finite comes after all finite ones. This is a total
 * order: 0 only for the same id.
 *
 * Source: the classic interest + trending formula (docs/algorithm-v1.md).
 */
export function compareRanked(a: RankKey, b: RankKey): number {
  return compareScored(a, a.final, b, b.final);
}

/** {@link compareRanked} for scores that are stored apart from the markets. */
export function compareScored(
  a: Omit<RankKey, 'final'>,
  aFinal: number,
  b: Omit<RankKey, 'final'>,
  bFinal: number,
): number {
  const byNumbers = descending(aFinal, bFinal) || descending(a.volumeTotal, b.volumeTotal);
  if (byNumbers !== 0) return byNumbers;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}
