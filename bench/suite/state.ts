/** The databases of the suite: markets, and users with up to four months of history. Kept between runs. */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOUR_MS } from '../../dist/lib/time.js';
import { openState, storedState, type YearState } from '../year/build-state.ts';
import { MEAN_LIFE_DAYS } from '../year/catalog.ts';
import type { Size } from '../year/size.ts';

const DAYS = 120;
/** Users of each cohort whose history is simulated; the others have copies of their profiles. */
const TEMPLATES = 48;
const EVENTS_OF_DAY_PER_USER = 8.64;
/** Older states have too few events of the last hours for trends. */
const MAX_AGE_MS = 12 * HOUR_MS;

export const DEFAULT_STATES = fileURLToPath(new URL('../../.bellwether/bench', import.meta.url));

/** The state with so many open markets and users; built if it is missing, incomplete or old. */
export async function benchState(folder: string, openMarkets: number, users: number): Promise<YearState> {
  const dataDir = path.join(folder, `${openMarkets}-markets-${users}-users`);
  const stored = await storedState(dataDir);
  if (stored === undefined || Date.now() - stored.builtAtMs > MAX_AGE_MS) {
    console.log(
      `Building ${dataDir}: ${openMarkets} open markets, ${users} users with 30 to ${DAYS} days of history`,
    );
    await rm(dataDir, { recursive: true, force: true });
    await mkdir(dataDir, { recursive: true });
  }
  return openState(dataDir, sizeOf(openMarkets, users));
}

function sizeOf(openMarkets: number, users: number): Size {
  const openShare = (MEAN_LIFE_DAYS / DAYS) * (1 - Math.exp(-DAYS / MEAN_LIFE_DAYS));
  const eventsOfDay = Math.round(EVENTS_OF_DAY_PER_USER * users);
  return {
    ...{ days: DAYS, users, cohorts: ['month', 'year'], openMarkets, templates: TEMPLATES, eventsOfDay },
    // Some more than needed: the number that is open is random.
    markets: Math.ceil((1.05 * openMarkets) / openShare) + 200,
    eventsOfEarlierDay: Math.round(eventsOfDay / 20),
  };
}
