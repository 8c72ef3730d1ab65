import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  TrackInteractionDocument,
  type TrackInteractionInput,
  UserProfileDocument,
} from '../../../src/generated/client/graphql.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { rowCounts } from '../../support/row-counts.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';
import { nonNullFields } from '../../support/non-null-fields.js';

const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;

let gateway: TestGateway;
/** A connection of its own, which sees only committed data. */
let other: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  other = new Client({ connectionString: gateway.databaseUrl });
  await other.connect();
  await gateway.addMarkets(
    { id: 'election', category: 'Politics', tags: ['USA', 'Elections'], probability: 0.35 },
    { id: 'bitcoin', category: 'Crypto', tags: ['Bitcoin'], probability: 0.7 },
    { id: 'over', category: 'Science', status: 'CLOSED', probability: 0.9 },
  );
});

afterAll(async () => {
  await other.end();
  await gateway.close();
});

const send = (input: Partial<TrackInteractionInput> & { userKey: string }) =>
  gateway.run(TrackInteractionDocument, { input: { marketId: 'election', eventType: 'CLICK', ...input } });

async function track(input: Partial<TrackInteractionInput> & { userKey: string }) {
  const { data, errors } = await send(input);
  if (!data) throw new Error(JSON.stringify(errors));
  return data.trackInteraction;
}

interface StoredInteraction {
  readonly id: string;
  readonly event_type: string;
  readonly weight: number;
  readonly country: string | null;
  readonly probability: number | null;
  readonly occurred_at: Date;
  readonly received_at: Date;
  readonly clamped: boolean;
  readonly transaction: string;
}

async function storedOf(userKey: string): Promise<StoredInteraction[]> {
  const { rows } = await other.query<StoredInteraction>(
    'select *, xmin::text as transaction from interactions where user_key = $1 order by id',
    [userKey],
  );
  return rows;
}

/** Reads the profile from the store, not from the cache. */
async function storedStateOf(userKey: string) {
  const [state] = await gateway.backend.store.profiles.load([userKey]);
  return state;
}

async function profileOf(userKey: string) {
  const { data } = await gateway.run(UserProfileDocument, { userKey });
  return data?.userProfile;
}

const at = (ms: number) => new Date(ms).toISOString();

describe('a RECORDED event', () => {
  it('is on disk with its effect on the profile, in one transaction', async () => {
    const { interactionId, status } = await track({
      userKey: 'ada',
      eventType: 'VIEW_MARKET',
      clientEventId: 'one',
    });
    expect(status).toBe('RECORDED');
    const [interaction] = await storedOf('ada');
    expect(interaction).toMatchObject({ id: interactionId, event_type: 'VIEW_MARKET', weight: 2 });
    for (const table of ['profiles', 'client_events']) {
      const { rows } = await other.query<{ transaction: string }>(
        `select distinct xmin::text as transaction from ${table} where user_key = 'ada'`,
      );
      expect(rows, table).toEqual([{ transaction: interaction?.transaction }]);
    }
  });

  it('stores the probability of its time, for the view too', async () => {
    await track({ userKey: 'alan', eventType: 'VIEW_MARKET' });
    await gateway.addMarkets({ id: 'election', probability: 0.5, category: 'Politics' });
    await track({ userKey: 'alan', eventType: 'BOOKMARK' });
    expect((await storedOf('alan')).map(({ probability }) => probability)).toEqual([0.35, 0.5]);
    const alan = await storedStateOf('alan');
    expect(alan?.engagements.get('election')?.viewProbability).toBe(0.35);
  });

  it('has a greater weight for a long dwell time', async () => {
    for (const dwellMs of [null, 4_999, 5_000, 29_999, 30_000]) await track({ userKey: 'bea', dwellMs });
    await track({ userKey: 'bea', eventType: 'SKIP_FAST', dwellMs: 30_000 });
    expect((await storedOf('bea')).map(({ weight }) => weight)).toEqual([2, 2, 2.4, 2.4, 3, -1.5]);
    const profile = await profileOf('bea');
    expect(profile?.topCategories[0]?.score).toBeCloseTo(10.3);
    expect(profile?.topTags.map(({ topic, score }) => [topic, Math.round(score * 100) / 100])).toEqual([
      ['Elections', 8.24],
      ['USA', 8.24],
    ]);
  });

  it('takes the country of the profile if it has none', async () => {
    await track({ userKey: 'cleo' });
    await track({ userKey: 'cleo', country: 'il' });
    await track({ userKey: 'cleo' });
    expect((await storedOf('cleo')).map(({ country }) => country)).toEqual([null, 'IL', 'IL']);
    expect((await profileOf('cleo'))?.country).toBe('IL');
  });

  it('hides its market until UNHIDE', async () => {
    const hidden = async () => [...((await storedStateOf('dan'))?.hidden ?? [])];
    await track({ userKey: 'dan', eventType: 'HIDE' });
    expect(await hidden()).toEqual([['election', TEST_NOW_MS]]);
    await track({ userKey: 'dan', eventType: 'UNHIDE', marketId: 'bitcoin' });
    expect(await hidden()).toHaveLength(1);
    await track({ userKey: 'dan', eventType: 'UNHIDE' });
    expect(await hidden()).toEqual([]);
  });

  it('may refer to a closed market', async () => {
    const input = { userKey: 'eve', marketId: 'over', eventType: 'COMMENT' };
    const { data } = await gateway.query(
      `mutation ($input: TrackInteractionInput!) {
        trackInteraction(input: $input) { status profile { totalInteractions topCategories { topic score } } }
      }`,
      { input },
    );
    expect(data).toMatchObject({
      trackInteraction: {
        status: 'RECORDED',
        profile: { totalInteractions: 1, topCategories: [{ topic: 'Science', score: 4.5 }] },
      },
    });
  });

  it('counts once for each of 20 concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => track({ userKey: 'finn' })));
    expect(answers.every(({ status, profileUpdated }) => status === 'RECORDED' && profileUpdated)).toBe(true);
    expect((await profileOf('finn'))?.totalInteractions).toBe(20);
    expect(await storedOf('finn')).toHaveLength(20);
    expect((await profileOf('finn'))?.topCategories).toMatchObject([
      { score: 40, longTerm: 40, session: 40 },
    ]);
  });
});

describe('an event whose profile cannot be written', () => {
  it('is not stored either, and the response masks the error', async () => {
    const before = await rowCounts(gateway.databaseUrl);
    await other.query('alter table profiles add constraint no_more check (version < 0) not valid');
    const { data, errors } = await send({ userKey: 'gina', clientEventId: 'lost' });
    await other.query('alter table profiles drop constraint no_more');
    expect(nonNullFields(data)).toEqual([]);
    expect(errors).toMatchObject([
      { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
    expect(JSON.stringify(errors)).not.toMatch(/no_more|profiles|constraint/);
    const nothingButANote = { ...before, rejected_events: (before['rejected_events'] ?? 0) + 1 };
    await vi.waitFor(async () => expect(await rowCounts(gateway.databaseUrl)).toEqual(nothingButANote));
    expect((await track({ userKey: 'gina', clientEventId: 'lost' })).status).toBe('RECORDED');
  });
});

describe('the same clientEventId', () => {
  it('returns DUPLICATE even if the payload differs', async () => {
    const first = await track({ userKey: 'hal', clientEventId: 'tap' });
    const second = await track({
      userKey: 'hal',
      clientEventId: 'tap',
      eventType: 'PARTICIPATE',
      marketId: 'bitcoin',
    });
    expect(second).toEqual({ ...first, status: 'DUPLICATE', profileUpdated: false });
    expect(await storedOf('hal')).toHaveLength(1);
  });

  it('has one effect when 50 copies arrive concurrently', async () => {
    const copies = Array.from({ length: 50 }, () => track({ userKey: 'ida', clientEventId: 'tap' }));
    const answers = await Promise.all(copies);
    expect(answers.filter(({ status }) => status === 'RECORDED')).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 'DUPLICATE')).toHaveLength(49);
    const stored = await storedOf('ida');
    expect(stored).toHaveLength(1);
    expect(new Set(answers.map(({ interactionId }) => interactionId))).toEqual(
      new Set(stored.map(({ id }) => id)),
    );
    expect(await profileOf('ida')).toMatchObject({ totalInteractions: 1, topCategories: [{ score: 2 }] });
  });

  it('is a different event for another user', async () => {
    const ofJo = await track({ userKey: 'jo', clientEventId: 'tap' });
    const ofKim = await track({ userKey: 'kim', clientEventId: 'tap' });
    expect([ofJo.status, ofKim.status]).toEqual(['RECORDED', 'RECORDED']);
    expect(ofJo.interactionId).not.toBe(ofKim.interactionId);
  });

  it('can be reused after 7 days', async () => {
    const first = await track({ userKey: 'lea', clientEventId: 'tap' });
    try {
      gateway.clock.nowMs = TEST_NOW_MS + WEEK_MS;
      expect(await track({ userKey: 'lea', clientEventId: 'tap' })).toMatchObject({
        status: 'DUPLICATE',
        interactionId: first.interactionId,
      });
      gateway.clock.nowMs += 1;
      const later = await track({ userKey: 'lea', clientEventId: 'tap' });
      expect(later.status).toBe('RECORDED');
      expect(later.interactionId).not.toBe(first.interactionId);
      expect((await track({ userKey: 'lea', clientEventId: 'tap' })).status).toBe('DUPLICATE');
    } finally {
      gateway.clock.nowMs = TEST_NOW_MS;
    }
    expect(await storedOf('lea')).toHaveLength(2);
  });
});

it.each([
  ['7 days old', -WEEK_MS, false],
  ['older than 7 days', -WEEK_MS - 1, true],
  ['5 minutes ahead', 5 * MINUTE_MS, false],
  ['over 5 minutes ahead', 5 * MINUTE_MS + 1, true],
  ['of this moment', 0, false],
])(
  'takes an event that is %s at its own time, or marked at the time of the server',
  async (name, offsetMs, clamped) => {
    const userKey = `mia ${name}`;
    await track({ userKey, occurredAt: at(TEST_NOW_MS + offsetMs) });
    const occurredAt = new Date(TEST_NOW_MS + (clamped ? 0 : offsetMs));
    expect(await storedOf(userKey)).toMatchObject([
      { occurred_at: occurredAt, received_at: new Date(TEST_NOW_MS), clamped },
    ]);
    expect(await profileOf(userKey)).toMatchObject({ lastActive: occurredAt.toISOString() });
  },
);

it('decays affinity from the time of the event', async () => {
  await track({ userKey: 'nora', occurredAt: at(TEST_NOW_MS - WEEK_MS) });
  const [affinity] = (await profileOf('nora'))?.topCategories ?? [];
  expect(affinity?.score).toBe(2);
  expect(affinity?.longTerm).toBeCloseTo(2 * 2 ** (-7 / 30), 10);
  expect(affinity?.session).toBe(0);
});
