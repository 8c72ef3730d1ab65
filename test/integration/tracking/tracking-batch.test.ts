import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  TrackImpressionsDocument,
  type TrackImpressionsInput,
  type TrackInteractionInput,
  UserProfileDocument,
} from '../../../src/generated/client/graphql.js';
import type { InputProblem } from '../../../src/lib/input/input-problem.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { runCommand } from '../../support/command.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';
import { nonNullFields } from '../../support/non-null-fields.js';

interface BatchAnswer {
  readonly index: number;
  readonly interactionId: string | null;
  readonly status: string;
  readonly profileUpdated: boolean;
  readonly problem: InputProblem | null;
}

interface BatchPayload {
  readonly results: readonly BatchAnswer[];
  readonly recordedCount: number;
}

interface StoredRejection {
  readonly origin: string;
  readonly reason: string;
  readonly event: Record<string, unknown>;
}

let gateway: TestGateway;
let other: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  other = new Client({ connectionString: gateway.databaseUrl });
  await other.connect();
  await gateway.addMarkets(
    { id: 'derby', category: 'Sports', tags: ['Football'], probability: 0.4, volume24h: 70 },
    { id: 'bitcoin', category: 'Crypto', probability: 0.7 },
  );
});

beforeEach(() => other.query('delete from rejected_events'));

afterAll(async () => {
  await other.end();
  await gateway.close();
});

const sendAll = (interactions: readonly Partial<TrackInteractionInput>[]) =>
  gateway.query(
    `mutation ($input: TrackInteractionsInput!) { trackInteractions(input: $input) {
      results { index interactionId status profileUpdated problem { index field code message } } recordedCount } }`,
    { input: { interactions } },
  );

async function trackAll(inputs: readonly Partial<TrackInteractionInput>[]): Promise<readonly BatchAnswer[]> {
  const { data, errors } = await sendAll(inputs);
  if (!data) throw new Error(JSON.stringify(errors));
  const { results, recordedCount } = data['trackInteractions'] as BatchPayload;
  expect(recordedCount).toBe(results.filter(({ status }) => status === 'RECORDED').length);
  expect(results.map(({ index }) => index)).toEqual([...inputs.keys()]);
  return results;
}

async function interactionsOf(userKey: string): Promise<number | undefined> {
  return (await gateway.run(UserProfileDocument, { userKey })).data?.userProfile.totalInteractions;
}

const click = (userKey: string, more: Partial<TrackInteractionInput> = {}) =>
  ({ userKey, marketId: 'derby', eventType: 'CLICK', ...more }) satisfies TrackInteractionInput;

async function storedIds(userKey: string): Promise<string[]> {
  const { rows } = await other.query<{ id: string }>(
    'select id from interactions where user_key = $1 order by seq',
    [userKey],
  );
  return rows.map(({ id }) => id);
}

async function rejections(count: number): Promise<StoredRejection[]> {
  return vi.waitFor(async () => {
    const { rows } = await other.query<StoredRejection>(
      'select origin, reason, event from rejected_events order by id',
    );
    expect(rows).toHaveLength(count);
    return rows;
  });
}

describe('a batch of events', () => {
  it('of 500 is recorded by one transaction, in order', async () => {
    const answers = await trackAll(Array.from({ length: 500 }, () => click('ada')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['RECORDED']));
    expect(await storedIds('ada')).toEqual(answers.map(({ interactionId }) => interactionId));
    expect(await interactionsOf('ada')).toBe(500);
    const { rows } = await other.query(
      `select count(distinct xmin::text)::int as transactions from interactions where user_key = 'ada'`,
    );
    expect(rows).toEqual([{ transactions: 1 }]);
  });

  it.each([
    ['501', 'LIMIT_EXCEEDED', Array.from({ length: 501 }, () => click('ben'))],
    ['none', 'BAD_USER_INPUT', []],
  ])('of %s is rejected as a whole with %s', async (_, code, inputs) => {
    const { data, errors } = await sendAll(inputs);
    expect(nonNullFields(data)).toEqual([]);
    expect(errors).toMatchObject([{ extensions: { code, field: 'input.interactions' } }]);
    expect(await storedIds('ben')).toEqual([]);
  });

  it('records the valid events, and returns the problem of each other one', async () => {
    const answers = await trackAll([
      click('cleo'),
      click('cleo', { country: 'UK' }),
      click('cleo', { marketId: 'nowhere' }),
      click('cleo', { stake: 5 }),
      click(''),
      click('cleo', { eventType: 'PARTICIPATE', stake: 5, marketId: 'bitcoin' }),
    ]);
    const recorded = { status: 'RECORDED', profileUpdated: true, problem: null };
    const rejected = (problem: Partial<InputProblem>) => ({
      ...{ status: 'REJECTED', interactionId: null, profileUpdated: false },
      problem: { message: expect.any(String) as string, ...problem },
    });
    expect(answers).toMatchObject([
      recorded,
      rejected({ index: 1, field: 'country', code: 'INVALID' }),
      rejected({
        index: 2,
        field: 'marketId',
        code: 'UNKNOWN_MARKET',
        message: 'There is no market "nowhere".',
      }),
      rejected({
        index: 3,
        field: 'stake',
        code: 'INVALID',
        message: 'stake is allowed only for PARTICIPATE.',
      }),
      rejected({ index: 4, field: 'userKey', code: 'INVALID' }),
      recorded,
    ]);
    expect(await interactionsOf('cleo')).toBe(2);
    expect(await storedIds('cleo')).toEqual([answers[0]?.interactionId, answers[5]?.interactionId]);
  });

  it('of only invalid events returns results, and records nothing', async () => {
    const answers = await trackAll([click('dan', { marketId: 'x' }), click('dan', { marketId: 'y' })]);
    expect(answers.map(({ status }) => status)).toEqual(['REJECTED', 'REJECTED']);
    expect(await storedIds('dan')).toEqual([]);
  });

  it('with a repeated clientEventId has one effect, and both results have its interaction id', async () => {
    const [first, second, ofAnother] = await trackAll([
      click('eve', { clientEventId: 'tap' }),
      click('eve', { clientEventId: 'tap', eventType: 'PARTICIPATE' }),
      click('eva', { clientEventId: 'tap' }),
    ]);
    expect(first).toMatchObject({ status: 'RECORDED', profileUpdated: true });
    expect(second).toMatchObject({
      status: 'DUPLICATE',
      interactionId: first?.interactionId,
      profileUpdated: false,
    });
    expect(ofAnother).toMatchObject({ status: 'RECORDED' });
    expect([await interactionsOf('eve'), await interactionsOf('eva')]).toEqual([1, 1]);
    expect(await storedIds('eve')).toEqual([first?.interactionId]);
    const repeated = await trackAll([click('eve', { clientEventId: 'tap' })]);
    expect(repeated).toMatchObject([{ status: 'DUPLICATE', interactionId: first?.interactionId }]);
  });

  it('changes the profiles of all its users', async () => {
    await trackAll([click('finn'), click('gus'), click('finn', { marketId: 'bitcoin' })]);
    const { data } = await gateway.query(
      '{ finn: userProfile(userKey: "finn") { totalInteractions } gus: userProfile(userKey: "gus") { totalInteractions } }',
    );
    expect(data).toEqual({ finn: { totalInteractions: 2 }, gus: { totalInteractions: 1 } });
  });

  it('records an event once that a client repeats in many concurrent batches', async () => {
    const inputs = ['a', 'b', 'c'].map((clientEventId) => click('hal', { clientEventId }));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => trackAll(index % 2 === 0 ? inputs : inputs.toReversed())),
    );
    const recorded = answers.flat().filter(({ status }) => status === 'RECORDED');
    expect(recorded.map(({ interactionId }) => interactionId).sort()).toEqual(
      (await storedIds('hal')).sort(),
    );
    expect(recorded).toHaveLength(3);
  });
});

it('records both events of one document', async () => {
  const { data } = await gateway.query(
    `mutation ($input: TrackInteractionInput!) {
      a: trackInteraction(input: $input) { profile { totalInteractions } }
      b: trackInteraction(input: $input) { profile { totalInteractions } } }`,
    { input: click('ida') },
  );
  expect(data).toEqual({
    a: { profile: { totalInteractions: 1 } },
    b: { profile: { totalInteractions: 2 } },
  });
});

describe('rejected events of a batch', () => {
  it('are logged as sent, with the reason', async () => {
    await trackAll([click('jo'), click('jo', { marketId: 'nowhere', context: { page: 'home' } })]);
    expect(await rejections(1)).toEqual([
      {
        origin: 'track',
        reason: 'There is no market "nowhere".',
        event: { userKey: 'jo', marketId: 'nowhere', eventType: 'CLICK', context: { page: 'home' } },
      },
    ]);
  });

  it('are logged even with unstorable characters, and truncated when large', async () => {
    const answers = await trackAll([
      click('kim\0'),
      click('kim\ud800'),
      click('kim', { context: { long: 'x'.repeat(20_000) } }),
      click('kim', { marketId: 'nowhere' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'REJECTED'));
    const [nul, half, huge, plain] = (await rejections(4)).map(({ event }) => event);
    expect(nul?.['escaped']).toContain('kim');
    expect(half?.['escaped']).toContain('kim');
    expect(huge?.['cut']).toHaveLength(8_000);
    expect(plain).toMatchObject({ userKey: 'kim', marketId: 'nowhere' });
  });

  it('are logged even if they are null or not objects', async () => {
    const interactions = [null, 'text', click('kim', { marketId: 'nowhere' })];
    await gateway.backend.services.tracking.trackAll({ interactions }, () => true);
    const events = (await rejections(3)).map(({ event }): unknown => event);
    expect(events).toEqual([null, 'text', click('kim', { marketId: 'nowhere' })]);
  });

  it('are listed by `bellwether events rejected`, newest first', async () => {
    await trackAll([click('lea', { marketId: 'first' })]);
    await rejections(1);
    await trackAll([click('lea', { marketId: 'second' })]);
    await rejections(2);
    const env = { DATABASE_URL: gateway.databaseUrl };
    const table = await runCommand(['events', 'rejected'], env);
    expect(table.code).toBe(0);
    expect(table.stdout).toContain(new Date(TEST_NOW_MS).toISOString());
    expect(table.stdout).toMatch(/There is no market "second"[^]*There is no market "first"/);

    const json = await runCommand(['events', 'rejected', '--json', '--limit', '1'], env);
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      {
        rejectedAt: new Date(TEST_NOW_MS).toISOString(),
        origin: 'track',
        reason: 'There is no market "second".',
        event: click('lea', { marketId: 'second' }),
      },
    ]);
  });
});

describe('a report of impressions', () => {
  const report = (input: TrackImpressionsInput) => gateway.run(TrackImpressionsDocument, { input });

  it('is recorded as events without effect on affinity, with section and position', async () => {
    const { data } = await report({
      ...{ userKey: 'mia', feedId: 'feed-1' },
      items: [
        { marketId: 'derby', section: 'HERO' },
        { marketId: 'bitcoin', section: 'GRID', position: 3 },
      ],
    });
    expect(data).toEqual({ trackImpressions: { recordedCount: 2, problems: [] } });
    const stored = await other.query(
      `select event_type, market_id, section, position, feed_id, weight, probability, volume_24h
        from interactions where user_key = 'mia' order by seq`,
    );
    const shared = { event_type: 'IMPRESSION', feed_id: 'feed-1', weight: 0 };
    expect(stored.rows).toEqual([
      { ...shared, market_id: 'derby', section: 'HERO', position: null, probability: 0.4, volume_24h: 70 },
      { ...shared, market_id: 'bitcoin', section: 'GRID', position: 3, probability: 0.7, volume_24h: null },
    ]);
    const [mia] = await gateway.backend.store.profiles.load(['mia']);
    const shown = { shownAtMs: [TEST_NOW_MS], clickedSince: false };
    expect([...(mia?.impressions.values() ?? [])]).toMatchObject([
      { ...shown, marketId: 'derby' },
      { ...shown, marketId: 'bitcoin' },
    ]);
    const profile = await gateway.query(
      '{ userProfile(userKey: "mia") { totalInteractions topCategories { topic } } }',
    );
    expect(profile.data).toEqual({ userProfile: { totalInteractions: 0, topCategories: [] } });
  });

  const shownTimes = async (userKey: string) => {
    const [profile] = await gateway.backend.store.profiles.load([userKey]);
    return profile?.impressions.get('derby')?.shownAtMs.length;
  };
  const recordedCount = async (input: TrackImpressionsInput) =>
    (await report(input)).data?.trackImpressions.recordedCount;

  it('without a clientEventId counts each time it is sent, and a market once per report', async () => {
    const items = [
      { marketId: 'derby', position: 1 },
      { marketId: 'derby', position: 7 },
    ];
    expect(await recordedCount({ userKey: 'nia', items })).toBe(1);
    expect(await recordedCount({ userKey: 'nia', items: [{ marketId: 'derby' }] })).toBe(1);
    expect(await shownTimes('nia')).toBe(2);
    const { rows } = await other.query(
      `select position from interactions where user_key = 'nia' order by seq limit 1`,
    );
    expect(rows).toEqual([{ position: 1 }]);
  });

  it('with a clientEventId counts once when it is sent again, even in 20 concurrent copies and over /track', async () => {
    const input = {
      ...{ userKey: 'noa', clientEventId: 'page-1' },
      items: [{ marketId: 'derby' }, { marketId: 'bitcoin' }],
    };
    const copies = await Promise.all(Array.from({ length: 20 }, () => recordedCount(input)));
    expect(copies.sort()).toEqual([...Array<number>(19).fill(0), 2]);
    const response = await fetch(`${gateway.url}/track`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ impressions: input }),
    });
    expect(await response.json()).toMatchObject({
      interactions: null,
      impressions: { recordedCount: 0, problems: [] },
    });
    expect(await shownTimes('noa')).toBe(1);
    expect(await recordedCount({ ...input, clientEventId: 'page-2' })).toBe(2);
    expect(await recordedCount({ ...input, userKey: 'another' })).toBe(2);
  });

  it('with an unknown market rejects only that item', async () => {
    const { data } = await report({
      userKey: 'olga',
      items: ['derby', 'nowhere', 'bitcoin'].map((marketId) => ({ marketId })),
    });
    expect(data?.trackImpressions).toEqual({
      recordedCount: 2,
      problems: [
        { index: 1, field: 'marketId', code: 'UNKNOWN_MARKET', message: 'There is no market "nowhere".' },
      ],
    });
    expect(await storedIds('olga')).toHaveLength(2);
  });

  it('may have at most 200 markets', async () => {
    const items = Array.from({ length: 200 }, () => ({ marketId: 'derby' }));
    expect(await recordedCount({ userKey: 'pia', items })).toBe(1);
    const { data, errors } = await report({ userKey: 'quin', items: [...items, { marketId: 'derby' }] });
    expect(nonNullFields(data)).toEqual([]);
    expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED', field: 'input.items' } }]);
    expect(await storedIds('quin')).toEqual([]);
  });
});

it('returns the usual stake of a user overall and by category, even when read from the store', async () => {
  const trade = (marketId: string, stake: number) =>
    click('rae', { eventType: 'PARTICIPATE', marketId, stake });
  const usual = async () => {
    const { data } = await gateway.query(
      '{ userProfile(userKey: "rae") { usualStake { overall byCategory { category topicKey stake } } } }',
    );
    return (data?.['userProfile'] as { usualStake: unknown }).usualStake;
  };
  await trackAll([click('rae')]);
  expect(await usual()).toBeNull();
  await trackAll([trade('derby', 10), trade('derby', 20), trade('bitcoin', 500.5)]);
  const expected = {
    overall: 20,
    byCategory: [
      { category: 'Crypto', topicKey: 'crypto', stake: 500.5 },
      { category: 'Sports', topicKey: 'sports', stake: 15 },
    ],
  };
  expect(await usual()).toEqual(expected);
  gateway.clock.nowMs += 15 * MINUTE_MS;
  gateway.statements.length = 0;
  expect(await usual()).toEqual(expected);
  expect(gateway.statements.length).toBeGreaterThan(0);
  gateway.clock.nowMs = TEST_NOW_MS;
});

it('serves feed and trends with a market whose stored volumes have no finite sum', async () => {
  await other.query(
    `update markets set volume_24h = 1.7e308, volume_total = 1.7e308, version = nextval('market_version')`,
  );
  await gateway.backend.services.catalog.refresh();
  const { errors } = await gateway.query(
    `{ feed(userKey: "lea", limit: 10) { hero { score } grid { score scores { rising } market { volume24h momentum { volumeRatio24h } } } }
       rising(limit: 5) { markets { score } } trending(limit: 5) { markets { score } } }`,
  );
  expect(errors).toBeUndefined();
});
