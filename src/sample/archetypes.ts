/** A kind of user: the means around which the users of that kind are drawn. */
export interface Archetype {
  /** In user keys: `sample-<name>-001`. */
  readonly name: string;
  /** Share of all users, 0–1. */
  readonly share: number;
  readonly firstCountry: SampleCountry;
  /** Mean affinity by category key, in log-odds of a click; every other category has `otherAffinity`. */
  readonly affinities: Readonly<Record<string, number>>;
  readonly otherAffinity: number;
  /** Mean affinity for markets about the user's own country, in log-odds. */
  readonly homeAffinity: number;
  /** Number of categories, drawn for each user, that the user dislikes. */
  readonly dislikedCategories: number;
  /** Hours of the local day around which visits cluster. */
  readonly peakHours: readonly number[];
  readonly sessionsPerDay: number;
  /** Added to the log-odds of a click, of a trade, and of a social action (bookmark, comment, share). */
  readonly clickLogOdds: number;
  readonly tradeLogOdds: number;
  readonly socialLogOdds: number;
  readonly medianStake: number;
  /** The user joined within this many days before now; undefined: most joined before the simulated period. */
  readonly joinedWithinDays?: number;
  /** Maximum number of events other than impressions; undefined: no limit. */
  readonly maxActions?: number;
}

const defaults = {
  otherAffinity: -0.9,
  homeAffinity: 0.6,
  dislikedCategories: 0,
  peakHours: [8, 13, 21],
  sessionsPerDay: 0.56,
  clickLogOdds: 0,
  tradeLogOdds: 0,
  socialLogOdds: 0,
  medianStake: 15,
} as const;

/** The archetypes of the sample. Shares sum to 1. */
export const archetypes: readonly Archetype[] = [
  {
    ...defaults,
    name: 'politics',
    share: 0.15,
    firstCountry: 'IL',
    affinities: { politics: 2, world: 0.4, local: 0.1, economics: -0.4 },
    socialLogOdds: 0.5,
  },
  {
    ...defaults,
    name: 'sports',
    share: 0.17,
    firstCountry: 'GB',
    affinities: { sports: 2.1, entertainment: -0.3, local: -0.5 },
    homeAffinity: 0.8,
    peakHours: [12, 19, 22],
    medianStake: 10,
  },
  {
    ...defaults,
    name: 'crypto',
    share: 0.12,
    firstCountry: 'US',
    affinities: { crypto: 2.1, economics: 0.3, technology: 0.2, business: -0.3 },
    homeAffinity: 0.3,
    peakHours: [7, 15, 23],
    sessionsPerDay: 0.6,
    tradeLogOdds: 0.7,
    medianStake: 60,
  },
  {
    ...defaults,
    name: 'markets',
    share: 0.08,
    firstCountry: 'DE',
    affinities: { economics: 2, business: 1.3, politics: -0.2, crypto: -0.4 },
    peakHours: [7, 9, 16],
    tradeLogOdds: 0.3,
    medianStake: 40,
  },
  {
    ...defaults,
    name: 'science',
    share: 0.09,
    firstCountry: 'US',
    affinities: { science: 1.9, technology: 1.3, climate: 0.6, health: 0.5 },
    homeAffinity: 0.4,
    tradeLogOdds: -0.3,
  },
  {
    ...defaults,
    name: 'culture',
    share: 0.09,
    firstCountry: 'IN',
    affinities: { entertainment: 2, culture: 1.4, local: -0.3, sports: -0.6 },
    peakHours: [13, 18, 22],
    socialLogOdds: 0.6,
    medianStake: 5,
  },
  {
    ...defaults,
    name: 'news',
    share: 0.07,
    firstCountry: 'IL',
    affinities: { local: 2.6, world: 0.9, politics: 0.1, climate: 0.1, health: 0 },
    homeAffinity: 0.8,
    peakHours: [7, 12, 17, 21],
    sessionsPerDay: 0.7,
    tradeLogOdds: -0.2,
  },
  { ...defaults, name: 'generalist', share: 0.07, firstCountry: 'GB', affinities: {}, otherAffinity: -0.2 },
  {
    ...defaults,
    name: 'lurker',
    share: 0.05,
    firstCountry: 'DE',
    affinities: {},
    otherAffinity: -0.6,
    clickLogOdds: -0.8,
    tradeLogOdds: -4,
    socialLogOdds: -3,
  },
  {
    ...defaults,
    name: 'night',
    share: 0.04,
    firstCountry: 'BR',
    affinities: { sports: 1.5, crypto: 0.9, entertainment: 0 },
    peakHours: [1, 3],
    tradeLogOdds: 1,
    medianStake: 120,
  },
  {
    ...defaults,
    name: 'contrarian',
    share: 0.03,
    firstCountry: 'US',
    affinities: {},
    otherAffinity: 0,
    dislikedCategories: 1,
    socialLogOdds: 0.4,
  },
  {
    ...defaults,
    name: 'newcomer',
    share: 0.04,
    firstCountry: 'IL',
    affinities: {},
    otherAffinity: -0.4,
    clickLogOdds: 0.8,
    sessionsPerDay: 2,
    joinedWithinDays: 3,
    maxActions: 3,
  },
];

/** Countries in which the sample's users live. */
export type SampleCountry = 'IL' | 'US' | 'GB' | 'DE' | 'BR' | 'IN' | 'FR' | 'JP';

/** By country: the tag of markets about it, and its UTC offset without daylight saving time. */
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
 * The cycle of countries assigned to the users of an archetype. Four countries are frequent enough for local trends. Each
 * archetype starts at its own `firstCountry`.
 */
const countryCycle: readonly SampleCountry[] = [
  ...(['IL', 'US', 'GB', 'DE', 'BR', 'US', 'IL', 'DE', 'GB', 'IN'] as const),
  ...(['GB', 'IL', 'DE', 'US', 'FR', 'DE', 'IL', 'GB', 'US', 'JP'] as const),
];

/** The country of user `index`, from 0, of an archetype whose cycle starts at `first`. */
export function countryOf(index: number, first: SampleCountry): SampleCountry {
  return countryCycle[(countryCycle.indexOf(first) + index) % countryCycle.length] ?? first;
}
