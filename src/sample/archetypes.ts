import type { SampleCountry } from './countries.js';

/** A kind of visitor: the means around which the people of that kind are drawn. */
export interface Archetype {
  /** In user keys: `sample-<name>-001`. */
  readonly name: string;
  /** Part of all people, 0–1. */
  readonly share: number;
  readonly firstCountry: SampleCountry;
  /** Mean affinity by category key, in log-odds of a click; every other category has `elsewhere`. */
  readonly affinities: Readonly<Record<string, number>>;
  readonly elsewhere: number;
  /** Mean affinity for markets about the own country, in log-odds. */
  readonly homeAffinity: number;
  /** Categories, chosen for each person, that this person dislikes. */
  readonly dislikes: number;
  /** Hours of the local day at which visits gather. */
  readonly peakHours: readonly number[];
  readonly sessionsPerDay: number;
  /** Added to the log-odds of a click, of a trade, and of speaking up (bookmark, comment, share). */
  readonly curiosity: number;
  readonly trading: number;
  readonly voice: number;
  readonly medianStake: number;
  /** Came within so many days; undefined: most were there before the simulation starts. */
  readonly joinedWithinDays?: number;
  /** At most so many events apart from impressions; undefined: no limit. */
  readonly maxActions?: number;
}

const usual = {
  elsewhere: -0.9,
  homeAffinity: 0.6,
  dislikes: 0,
  peakHours: [8, 13, 21],
  sessionsPerDay: 0.56,
  curiosity: 0,
  trading: 0,
  voice: 0,
  medianStake: 15,
} as const;

/** The sample's society. Shares sum to 1. */
export const archetypes: readonly Archetype[] = [
  {
    ...usual,
    name: 'politics',
    share: 0.15,
    firstCountry: 'IL',
    affinities: { politics: 2, world: 0.4, local: 0.1, economics: -0.4 },
    voice: 0.5,
  },
  {
    ...usual,
    name: 'sports',
    share: 0.17,
    firstCountry: 'GB',
    affinities: { sports: 2.1, entertainment: -0.3, local: -0.5 },
    homeAffinity: 0.8,
    peakHours: [12, 19, 22],
    medianStake: 10,
  },
  {
    ...usual,
    name: 'crypto',
    share: 0.12,
    firstCountry: 'US',
    affinities: { crypto: 2.1, economics: 0.3, technology: 0.2, business: -0.3 },
    homeAffinity: 0.3,
    peakHours: [7, 15, 23],
    sessionsPerDay: 0.6,
    trading: 0.7,
    medianStake: 60,
  },
  {
    ...usual,
    name: 'markets',
    share: 0.08,
    firstCountry: 'DE',
    affinities: { economics: 2, business: 1.3, politics: -0.2, crypto: -0.4 },
    peakHours: [7, 9, 16],
    trading: 0.3,
    medianStake: 40,
  },
  {
    ...usual,
    name: 'science',
    share: 0.09,
    firstCountry: 'US',
    affinities: { science: 1.9, technology: 1.3, climate: 0.6, health: 0.5 },
    homeAffinity: 0.4,
    trading: -0.3,
  },
  {
    ...usual,
    name: 'culture',
    share: 0.09,
    firstCountry: 'IN',
    affinities: { entertainment: 2, culture: 1.4, local: -0.3, sports: -0.6 },
    peakHours: [13, 18, 22],
    voice: 0.6,
    medianStake: 5,
  },
  {
    ...usual,
    name: 'news',
    share: 0.07,
    firstCountry: 'IL',
    affinities: { local: 2.6, world: 0.9, politics: 0.1, climate: 0.1, health: 0 },
    homeAffinity: 0.8,
    peakHours: [7, 12, 17, 21],
    sessionsPerDay: 0.7,
    trading: -0.2,
  },
  { ...usual, name: 'generalist', share: 0.07, firstCountry: 'GB', affinities: {}, elsewhere: -0.2 },
  {
    ...usual,
    name: 'lurker',
    share: 0.05,
    firstCountry: 'DE',
    affinities: {},
    elsewhere: -0.6,
    curiosity: -0.8,
    trading: -4,
    voice: -3,
  },
  {
    ...usual,
    name: 'night',
    share: 0.04,
    firstCountry: 'BR',
    affinities: { sports: 1.5, crypto: 0.9, entertainment: 0 },
    peakHours: [1, 3],
    trading: 1,
    medianStake: 120,
  },
  {
    ...usual,
    name: 'contrarian',
    share: 0.03,
    firstCountry: 'US',
    affinities: {},
    elsewhere: 0,
    dislikes: 1,
    voice: 0.4,
  },
  {
    ...usual,
    name: 'newcomer',
    share: 0.04,
    firstCountry: 'IL',
    affinities: {},
    elsewhere: -0.4,
    curiosity: 0.8,
    sessionsPerDay: 2,
    joinedWithinDays: 3,
    maxActions: 3,
  },
];
