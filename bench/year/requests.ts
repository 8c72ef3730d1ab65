/** Bodies of requests to the gateway, as a frontend sends them. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { readOperation } from '../../dist/graphql/packaged-operations.js';
import type { SiteMarket } from './catalog.ts';
import { COUNTRIES, detailsOf, drawEventType } from './history.ts';
import { userKeyOf } from './keys.ts';
import type { Cohort, CohortUsers } from './size.ts';

const trackInteraction = await readOperation('track-interaction');
const feed = await readOperation('feed');
const trackInteractions =
  'mutation ($inputs: [BatchInteractionInput!]!) { trackInteractions(input: { interactions: $inputs }) { results { interactionId status } } }';

/** Client event ids differ between runs on one state. */
const run = Date.now().toString(36);
let events = 0;

export interface EventInput {
  readonly userKey: string;
  readonly marketId: string;
  readonly eventType: string;
  readonly clientEventId: string;
}

/** An event that the user does not repeat. */
export function drawEvent(
  rng: RandomGenerator,
  userKey: string,
  open: readonly Pick<SiteMarket, 'id'>[],
): EventInput {
  const market = open[Math.floor(open.length * uniformFloat64(rng) ** 3)];
  if (market === undefined) throw new Error('No market is open.');
  const eventType = drawEventType(rng);
  const { dwellMs, stake } = detailsOf(eventType, rng);
  return {
    ...{ userKey, marketId: market.id, eventType },
    ...(dwellMs === null ? {} : { dwellMs }),
    ...(stake === null ? {} : { stake }),
    country: COUNTRIES[Math.floor(uniformFloat64(rng) * COUNTRIES.length)],
    clientEventId: `${run}-${++events}`,
  } as EventInput;
}

export function eventBody(input: EventInput): string {
  return JSON.stringify({ query: trackInteraction, variables: { input } });
}

export function batchBody(inputs: readonly EventInput[]): string {
  return JSON.stringify({ query: trackInteractions, variables: { inputs } });
}

export function feedBody(userKey: string): string {
  return JSON.stringify({ query: feed, variables: { userKey, country: 'IL', limit: 20 } });
}

export function recordedIn(body: string): number {
  return body.split('"status":"RECORDED"').length - 1;
}

/** The key of a user of a cohort, each equally likely. */
export function anyUserOf(rng: RandomGenerator, { first, count }: CohortUsers): string {
  return userKeyOf(first + Math.floor(count * uniformFloat64(rng)));
}

export function cohortNamed(cohorts: readonly CohortUsers[], name: Cohort['name']): CohortUsers {
  const cohort = cohorts.find((candidate) => candidate.name === name);
  if (cohort === undefined) throw new Error(`There is no cohort ${name}.`);
  return cohort;
}
