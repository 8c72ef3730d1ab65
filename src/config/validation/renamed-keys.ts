/** Present paths of config keys that had another name before version 1.0, by their former path. */
export const RENAMED_KEYS: ReadonlyMap<string, string> = new Map([
  ['profile.forgetBelow', 'profile.removeTopicsBelow'],
  ['profile.cacheSecondsUnheard', 'profile.cacheSecondsWithoutMessages'],
  ['v2.taste', 'v2.affinity'],
  ['v2.continuity.siblingPlaces', 'v2.continuity.siblingDistance'],
  ['impressions.perShowing', 'impressions.perImpression'],
  ['impressions.rest', 'impressions.cooldown'],
  ['impressions.cooldown.afterShowings', 'impressions.cooldown.afterImpressions'],
  ['impressions.held', 'impressions.engagement'],
  ['feed.diversity.categoryPlaces', 'feed.diversity.categoryPositions'],
  ['feed.diversity.eventPlaces', 'feed.diversity.eventPositions'],
]);

/** Returns the error of a key that an earlier version had; undefined for any other key. */
export function formerKeyMessage(path: string): string | undefined {
  const renamed = RENAMED_KEYS.get(path);
  return renamed === undefined ? undefined : `was renamed to ${renamed}`;
}
