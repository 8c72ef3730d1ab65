/** A tag as a source gives it. */
export interface SourceTag {
  label: string;
  slug?: string;
}

/**
 * The categories under which prediction-market sites file their markets, and the tags that mean
 * them. A market has many tags in no order, so the first category here that one of them means is
 * taken: the narrow ones come before those that nearly every market carries.
 */
const categoryTags: readonly (readonly [category: string, tags: readonly string[]])[] = [
  ['Sports', ['sports', 'sport']],
  ['Gaming', ['gaming', 'esports']],
  ['Crypto', ['crypto', 'cryptocurrency']],
  ['Economy', ['economy', 'economics']],
  ['Finance', ['finance', 'business', 'stocks']],
  ['Technology', ['technology', 'tech', 'ai']],
  ['Science', ['science']],
  ['Health', ['health', 'medicine', 'covid']],
  ['Climate', ['climate', 'weather', 'climate-science']],
  ['Culture', ['culture', 'pop-culture', 'entertainment']],
  ['Politics', ['politics', 'us-politics', 'global-politics', 'elections']],
  ['Geopolitics', ['geopolitics']],
  ['World', ['world', 'world-news', 'world-affairs']],
];

const upperCaseWords = new Set([
  'ai',
  'us',
  'uk',
  'eu',
  'un',
  'usa',
  'nba',
  'nfl',
  'nhl',
  'mlb',
  'ufc',
  'f1',
]);

/** The tags' labels in their order, without "all" (which every market carries), each once whatever its case. */
export function distinctTags(tags: readonly SourceTag[]): string[] {
  const seen = new Set<string>(['', 'all']);
  const labels: string[] = [];
  for (const tag of tags) {
    const label = tag.label.trim();
    const key = comparable(tag.slug ?? label);
    if (seen.has(key) || seen.has(comparable(label))) continue;
    seen.add(key).add(comparable(label));
    labels.push(label);
  }
  return labels;
}

/**
 * The category of a market, in title case: the one given, else the well-known one that a tag means,
 * else the first tag, else "Other".
 */
export function categoryOf(given: string | undefined, tags: readonly SourceTag[]): string {
  if (given !== undefined && given.trim() !== '') return wellKnown([comparable(given)]) ?? titleCase(given);
  const known = wellKnown(tags.map((tag) => comparable(tag.slug ?? tag.label)));
  if (known !== undefined) return known;
  const first = distinctTags(tags)[0];
  return first === undefined ? 'Other' : titleCase(first);
}

function wellKnown(keys: readonly string[]): string | undefined {
  return categoryTags.find(([, aliases]) => aliases.some((alias) => keys.includes(alias)))?.[0];
}

/** "Middle East" and "middle-east" are one; Manifold's official groups end in "-default". */
function comparable(tag: string): string {
  return tag
    .trim()
    .toLowerCase()
    .replace(/\s+/g, '-')
    .replace(/-default$/, '');
}

function titleCase(text: string): string {
  return text
    .trim()
    .replace(/-default$/, '')
    .split(/[\s_-]+/)
    .filter((word) => word !== '')
    .map((word) => (upperCaseWords.has(word.toLowerCase()) ? word.toUpperCase() : capitalized(word)))
    .join(' ');
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
