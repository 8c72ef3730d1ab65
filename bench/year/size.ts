/** The size of the state of a site. */

/** Users by how long they have used the site. Their numbers of events are log-normal. */
export interface Cohort {
  readonly name: 'new' | 'week' | 'month' | 'year';
  /** Of all users, 0–1. */
  readonly share: number;
  /** Days since the first event. */
  readonly days: number;
  readonly medianEvents: number;
  /** Standard deviation of the logarithm. */
  readonly spread: number;
  readonly maxEvents: number;
  /** How much of the site's events its users have together, 0–1. */
  readonly activity: number;
}

const COHORTS: readonly Cohort[] = [
  { name: 'new', share: 0.4, days: 0.05, medianEvents: 12, spread: 0.8, maxEvents: 60, activity: 0.1 },
  { name: 'week', share: 0.3, days: 7, medianEvents: 80, spread: 1, maxEvents: 2_000, activity: 0.2 },
  { name: 'month', share: 0.2, days: 30, medianEvents: 350, spread: 1, maxEvents: 8_000, activity: 0.35 },
  {
    name: 'year',
    share: 0.1,
    days: 365,
    medianEvents: 2_500,
    spread: 1.1,
    maxEvents: 40_000,
    activity: 0.35,
  },
];

export interface Size {
  /** Days since the first market opened. No user has been active for longer. */
  readonly days: number;
  readonly users: number;
  readonly cohorts: readonly Cohort['name'][];
  /** Open and ended. */
  readonly markets: number;
  /** Number of open markets; null: as many as are left. */
  readonly openMarkets: number | null;
  /** Users of each cohort whose history is simulated; the others are given the profile of one of them. */
  readonly templates: number;
  /** Events of the last 24 hours. */
  readonly eventsOfDay: number;
  /** Events of each of the 29 days before. */
  readonly eventsOfEarlierDay: number;
}

/** Fewer events of the days before the last: the whole would take 259 million rows. */
const EARLIER_DAYS_THINNED = 20;

/** The size of a state by scale: 1 is the whole site after a year. */
export function sizeOf(scale: number): Size {
  const eventsOfDay = Math.round(8_640_000 * scale);
  return {
    days: 365,
    cohorts: COHORTS.map(({ name }) => name),
    openMarkets: null,
    users: Math.round(1_000_000 * scale),
    markets: Math.round(400_000 * scale),
    templates: Math.max(16, Math.round(100 * Math.sqrt(scale))),
    eventsOfDay,
    eventsOfEarlierDay: Math.round(eventsOfDay / EARLIER_DAYS_THINNED),
  };
}

/** The users of a cohort are numbered from `first`, `count` of them; the first `templates` have simulated histories. */
export interface CohortUsers extends Cohort {
  readonly first: number;
  readonly count: number;
  readonly templates: number;
}

export function cohortsOf({ users, cohorts, templates, days }: Size): CohortUsers[] {
  const chosen = COHORTS.filter(({ name }) => cohorts.includes(name));
  const sumOf = (part: 'share' | 'activity'): number => chosen.reduce((sum, each) => sum + each[part], 0);
  const [shares, activities] = [sumOf('share'), sumOf('activity')];
  let first = 0;
  return chosen.map((cohort, index) => {
    const isLast = index === chosen.length - 1;
    const share = cohort.share / shares;
    const count = isLast ? users - first : Math.round(users * share);
    first += count;
    return {
      ...cohort,
      ...{ share, activity: cohort.activity / activities },
      days: Math.min(cohort.days, days),
      ...{ first: first - count, count, templates: Math.min(templates, count) },
    };
  });
}
