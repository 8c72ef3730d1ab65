/** Where the sample's people live. */
export type SampleCountry = 'IL' | 'US' | 'GB' | 'DE' | 'BR' | 'IN' | 'FR' | 'JP';

/** The tag of markets about a country, and its clock; daylight saving is left out. */
export const sampleCountries: Readonly<Record<SampleCountry, { homeTag: string; utcOffsetHours: number }>> = {
  IL: { homeTag: 'israel', utcOffsetHours: 2 },
  US: { homeTag: 'usa', utcOffsetHours: -5 },
  GB: { homeTag: 'uk', utcOffsetHours: 0 },
  DE: { homeTag: 'germany', utcOffsetHours: 1 },
  BR: { homeTag: 'brazil', utcOffsetHours: -3 },
  IN: { homeTag: 'india', utcOffsetHours: 5.5 },
  FR: { homeTag: 'france', utcOffsetHours: 1 },
  JP: { homeTag: 'japan', utcOffsetHours: 9 },
};

/**
 * The countries that people of one archetype come from, in turn. Four of them are large, so that
 * their local trends have enough people; every archetype starts the round somewhere else.
 */
const round: readonly SampleCountry[] = [
  ...(['IL', 'US', 'GB', 'DE', 'BR', 'US', 'IL', 'DE', 'GB', 'IN'] as const),
  ...(['GB', 'IL', 'DE', 'US', 'FR', 'DE', 'IL', 'GB', 'US', 'JP'] as const),
];

/** The country of person `index` of an archetype that starts its round in `first`. */
export function countryOf(index: number, first: SampleCountry): SampleCountry {
  return round[(round.indexOf(first) + index) % round.length] ?? first;
}
