/** The requests that the load process sends, and what a good response to each is. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { userKeyOf } from '../year/keys.ts';
import { batchBody, drawEvent, eventBody, feedBody, recordedIn } from '../year/requests.ts';
import { feedProblem, isSameJson, type Problem } from './responses.ts';
import { ZipfUsers } from './zipf.ts';

export type TrafficKind = 'feed' | 'event' | 'constant';

interface FeedTraffic {
  readonly type: 'feed';
  readonly users: number;
  /** Markets of the events. */
  readonly marketIds: readonly string[];
  /** One event for every so many feeds. */
  readonly feedsPerEvent: number;
  /** Feeds of this user and the following ones in turn, without events. Default: users drawn by a Zipf law. */
  readonly firstUser?: number;
  /** Tokens by user, which the requests of the user send. Default: none. */
  readonly tokens?: readonly string[];
}

interface EventTraffic {
  readonly type: 'event';
  readonly users: number;
  readonly marketIds: readonly string[];
  /** Events of one request; 1 goes through `trackInteraction`. */
  readonly batch: number;
}

/** The same request each time, whose response has a known body. */
interface ConstantTraffic {
  readonly type: 'constant';
  readonly body: string;
  readonly expected: string;
}

export type Traffic = FeedTraffic | EventTraffic | ConstantTraffic;

export interface Request {
  readonly kind: TrafficKind;
  readonly body: Buffer;
  readonly token?: string | undefined;
}

export interface Requests {
  next(): Request;
  /** Undefined if the body is what the request asks for. */
  problemOf(kind: TrafficKind, body: string): Problem | undefined;
}

export function requestsOf(traffic: Traffic, seed: number): Requests {
  switch (traffic.type) {
    case 'feed':
      return feedRequests(traffic, seed);
    case 'event':
      return eventRequests(traffic, seed);
    case 'constant':
      return constantRequests(traffic);
  }
}

function feedRequests(traffic: FeedTraffic, seed: number): Requests {
  const { users, marketIds, feedsPerEvent, firstUser, tokens } = traffic;
  const problemOf: Requests['problemOf'] = (kind, body) =>
    kind === 'feed' ? feedProblem(body) : eventProblem(body, 1);
  if (firstUser !== undefined) {
    let user = firstUser;
    return {
      next: () => ({ kind: 'feed', body: Buffer.from(feedBody(userKeyOf(user++ % users))) }),
      problemOf,
    };
  }
  const rng = xoroshiro128plus(seed);
  const zipf = new ZipfUsers(users);
  const markets = marketIds.map((id) => ({ id }));
  const bodies: (Buffer | undefined)[] = [];
  let sent = 0;
  return {
    next: () => {
      const user = zipf.draw(rng);
      const userKey = userKeyOf(user);
      const token = tokens?.[user];
      if (sent++ % (feedsPerEvent + 1) === feedsPerEvent) {
        return { kind: 'event', body: Buffer.from(eventBody(drawEvent(rng, userKey, markets))), token };
      }
      return { kind: 'feed', body: (bodies[user] ??= Buffer.from(feedBody(userKey))), token };
    },
    problemOf,
  };
}

function eventRequests({ users, marketIds, batch }: EventTraffic, seed: number): Requests {
  const rng = xoroshiro128plus(seed);
  const markets = marketIds.map((id) => ({ id }));
  const event = (): ReturnType<typeof drawEvent> =>
    drawEvent(rng, userKeyOf(Math.floor(users * uniformFloat64(rng))), markets);
  return {
    next: () => ({
      kind: 'event',
      body: Buffer.from(batch === 1 ? eventBody(event()) : batchBody(Array.from({ length: batch }, event))),
    }),
    problemOf: (_kind, body) => eventProblem(body, batch),
  };
}

function constantRequests({ body, expected }: ConstantTraffic): Requests {
  const request = { kind: 'constant', body: Buffer.from(body) } as const;
  // Servers differ in white space and in the order of keys, but each is the same every time.
  let known: string | undefined;
  return {
    next: () => request,
    problemOf: (_kind, response) => {
      if (response === known) return undefined;
      if (!isSameJson(response, expected)) return { wrong: 'not the constant payload' };
      known = response;
      return undefined;
    },
  };
}

function eventProblem(body: string, events: number): Problem | undefined {
  const recorded = recordedIn(body);
  return recorded === events ? undefined : { wrong: `${recorded} of ${events} events recorded` };
}
