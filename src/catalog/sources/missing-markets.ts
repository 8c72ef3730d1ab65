/** What was known before a reading of a list. */
interface Before {
  /** Ids on the pages, and whether those were the whole list. */
  readonly listed: Iterable<string>;
  readonly complete: boolean;
  /** Ids that were listed earlier, and may still have to be closed. */
  readonly awaited: Iterable<string>;
}

interface Now {
  readonly listed: ReadonlySet<string>;
  readonly complete: boolean;
}

/**
 * Which markets are gone from a list, and which are awaited still. Nothing can be said of a list that was not read to
 * its end, nor of an empty one, which is rather a fault of the site than the end of all its markets.
 *
 * @param twice whether a market must be missing in two readings in a row, because one reading may pass it over.
 */
export function missingMarkets(
  before: Before,
  now: Now,
  { twice }: { twice: boolean },
): { gone: string[]; awaited: string[] } {
  const known = new Set([...before.awaited, ...(before.complete ? before.listed : [])]);
  if (!now.complete || now.listed.size === 0) return { gone: [], awaited: [...known] };
  const missing = [...known].filter((id) => !now.listed.has(id));
  if (!twice) return { gone: missing, awaited: [] };
  const missedBefore = new Set(before.awaited);
  return {
    gone: missing.filter((id) => missedBefore.has(id)),
    awaited: missing.filter((id) => !missedBefore.has(id)),
  };
}
