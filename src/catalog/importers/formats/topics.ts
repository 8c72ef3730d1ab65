/** A tag of a source. */
export interface SourceTag {
  label: string;
  slug?: string;
}

/**
 * Categories of prediction-market sites and the tags that stand for them. Tags are unordered, so the first matching
 * category in this list is used. Narrow categories come before those whose tags nearly every market has.
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

/** The labels of the tags, in order, without duplicates in any case, and without "all", which every market has. */
export function tagLabels(tags: readonly SourceTag[]): string[] {
  const seen = new Set<string>(['', 'all']);
  const labels: string[] = [];
  for (const tag of tags) {
    const label = tag.label.trim();
    const key = topicSlug(tag.slug ?? label);
    if (seen.has(key) || seen.has(topicSlug(label))) continue;
    seen.add(key).add(topicSlug(label));
    labels.push(label);
  }
  return labels;
}

/**
 * The category of a market, in title case: the given one, else the first well-known category of a tag, else the first tag,
 * else "Other".
 */
export function categoryOf(given: string | undefined, tags: readonly SourceTag[]): string {
  if (given !== undefined && given.trim() !== '') return wellKnown([topicSlug(given)]) ?? titleCase(given);
  const known = wellKnown(tags.map((tag) => topicSlug(tag.slug ?? tag.label)));
  if (known !== undefined) return known;
  const first = tagLabels(tags)[0];
  return first === undefined ? 'Other' : titleCase(first);
}

function wellKnown(keys: readonly string[]): string | undefined {
  return categoryTags.find(([, aliases]) => aliases.some((alias) => keys.includes(alias)))?.[0];
}

/** Makes "Middle East" and "middle-east" equal, and removes the suffix "-default" of Manifold's official groups. */
function topicSlug(tag: string): string {
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
