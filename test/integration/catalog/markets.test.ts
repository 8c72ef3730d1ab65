import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/app/backend.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { openReplica, startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
/** Another replica on the same database. */
let otherReplica: Backend;
let other: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  otherReplica = await openReplica(gateway);
  other = new Client({ connectionString: gateway.databaseUrl });
  await other.connect();
});

afterAll(async () => {
  await other.end();
  await otherReplica.close();
  await gateway.close();
});

async function upsert(...markets: Record<string, unknown>[]) {
  const { data, errors } = await gateway.query(
    `mutation ($markets: [MarketInput!]!) { upsertMarkets(input: { markets: $markets }) { results {
      index id status problem { index field code message } repairs market { ${FIELDS} } } } }`,
    { markets },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return (data['upsertMarkets'] as { results: Upserted[] }).results;
}

interface Upserted {
  index: number;
  id: string;
  status: string;
  problem: { index: number; field: string; code: string; message: string } | null;
  repairs: string[];
  market: Record<string, unknown> | null;
}

const FIELDS = `id title description category tags probability volume24h volumeTotal volumeUnit participantCount imageUrl url
  status createdAt closesAt resolvesAt resolvedAt editorialDescription editorialBoost eventKey source blockedCountries`;

async function market(id: string) {
  const { data } = await gateway.query(`query ($id: ID!) { market(id: $id) { ${FIELDS} } }`, { id });
  return data?.['market'] as Record<string, unknown> | null;
}

const statuses = (results: readonly { status: string }[]) => results.map(({ status }) => status);

/** All fields of a market. */
const whole = {
  title: 'Will it rain?',
  description: 'In the capital, at noon.',
  category: 'Weather',
  tags: ['Rain', 'Noon'],
  probability: 0.25,
  volume24h: 12.5,
  volumeTotal: 1_000,
  volumeUnit: 'USD',
  participantCount: 7,
  imageUrl: '/images/rain.svg',
  url: 'https://example.org/rain',
  status: 'OPEN',
  createdAt: '0001-01-01T00:00:00.000Z',
  closesAt: '9999-12-30T23:59:59.999Z',
  resolvesAt: '9999-12-31T23:59:59.999Z',
  resolvedAt: null,
  editorialDescription: 'Ask the frog.',
  editorialBoost: 0.5,
  eventKey: 'weather',
  source: 'frog',
  blockedCountries: ['IL', 'US'],
};

describe('upsertMarkets', () => {
  it('creates, updates, keeps, or rejects each market by itself', async () => {
    expect(statuses(await upsert({ id: 'rain', ...whole }))).toEqual(['CREATED']);
    expect(await market('rain')).toEqual({ id: 'rain', ...whole });
    const results = await upsert(
      { id: 'rain', ...whole },
      { id: 'snow', title: '' },
      { id: 'hail', title: 'Hail?', probability: 1.5, url: 'javascript:alert(1)' },
      { id: 'odd', title: 'Odd \0?' },
      { id: 'old', title: 'Old?', createdAt: '0000-12-31T00:00:00Z' },
      { id: 'wind', title: 'Wind?', blockedCountries: ['il'] },
      { id: 'rain', title: 'Will it rain?', volume24h: 13 },
    );
    expect(statuses(results)).toEqual([
      ...['UNCHANGED', 'REJECTED', 'REJECTED', 'REJECTED', 'REJECTED', 'CREATED', 'UPDATED'],
    ]);
    expect(results.map(({ id }) => id)).toEqual(['rain', 'snow', 'hail', 'odd', 'old', 'wind', 'rain']);
    expect(results.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(results.map(({ problem }) => problem && [problem.index, problem.field, problem.code])).toEqual([
      null,
      [1, 'title', 'INVALID'],
      [2, 'probability', 'OUT_OF_RANGE'],
      [3, 'title', 'INVALID'],
      [4, 'createdAt', 'OUT_OF_RANGE'],
      ...[null, null],
    ]);
    expect(results[2]?.problem?.message).toMatch(/^probability must be 0 to 1; url must be /);
    expect(results[3]?.problem?.message).toMatch(/^title .*U\+0000/);
    expect(results[1]?.market).toBeNull();
    expect(results[6]?.market).toEqual({ id: 'rain', ...whole, volume24h: 13 });
    for (const id of ['snow', 'hail', 'odd', 'old']) expect(await market(id)).toBeNull();
    expect(await market('wind')).toMatchObject({
      category: 'Other',
      status: 'OPEN',
      blockedCountries: ['IL'],
    });
  });

  it('requires a title for a new market only', async () => {
    const results = await upsert(
      { id: 'fog', probability: 0.1 },
      { id: 'fog', title: 'Fog?', probability: 0.2 },
      { id: 'fog', probability: 0.3 },
      { id: 'fog', title: null, probability: 0.4 },
    );
    expect(statuses(results)).toEqual(['REJECTED', 'CREATED', 'UPDATED', 'UPDATED']);
    expect(results[0]?.problem?.message).toBe('title is required for a new market.');
    expect(results[3]?.repairs).toEqual([expect.stringMatching(/^title: dropped \(/)]);
    expect(await market('fog')).toMatchObject({ title: 'Fog?', probability: 0.4 });
    expect(statuses(await upsert({ id: 'fog', probability: 0.5 }))).toEqual(['UPDATED']);
    expect(await market('fog')).toMatchObject({ title: 'Fog?', probability: 0.5 });
  });

  it('resolves a market by an update with invalid optional fields, and returns the repairs', async () => {
    await upsert({ id: 'hail', title: 'Hail?', probability: 0.4, tags: ['Ice'], volume24h: 3 });
    const [result] = await upsert({
      ...{ id: 'hail', status: 'RESOLVED', probability: 1.000_000_2, volumeTotal: -5e-14, volume24h: -3 },
      ...{ title: 'Will it hail? '.repeat(36), imageUrl: '//cdn.example/hail.png', url: 'hail' },
      tags: ['', ...Array.from({ length: 70 }, (_, index) => `tag ${index}`)],
    });
    expect(result).toMatchObject({ status: 'UPDATED', problem: null });
    expect(result?.repairs.map((repair) => repair.split(' (')[0]).toSorted()).toEqual([
      ...['imageUrl: repaired', 'tags: repaired', 'title: repaired', 'url: dropped', 'volume24h: dropped'],
    ]);
    expect(await market('hail')).toMatchObject({
      ...{ status: 'RESOLVED', probability: 1, volumeTotal: 0, volume24h: 3, url: null },
      imageUrl: 'https://cdn.example/hail.png',
      title: expect.stringMatching(/^Will it hail\? .{400,}…$/) as string,
    });
  });

  it('applies the second of two inputs with the same id to the result of the first', async () => {
    const results = await upsert(
      { id: 'twice', title: 'Once?', probability: 0.1, volumeTotal: 5 },
      { id: 'twice', title: 'Twice?', probability: 0.2 },
      { id: 'twice', title: 'Twice?', probability: 0.2 },
    );
    expect(statuses(results)).toEqual(['CREATED', 'UPDATED', 'UNCHANGED']);
    expect(await market('twice')).toMatchObject({ title: 'Twice?', probability: 0.2, volumeTotal: 5 });
  });

  it('keeps omitted fields and clears null fields', async () => {
    await upsert({ id: 'kept', ...whole });
    await upsert({ id: 'kept', title: 'Still?' });
    expect(await market('kept')).toEqual({ id: 'kept', ...whole, title: 'Still?' });
    const nothing = Object.fromEntries(Object.keys(whole).map((field) => [field, null]));
    await upsert({ id: 'kept', ...nothing, title: 'Bare?' });
    expect(await market('kept')).toEqual({
      ...{
        id: 'kept',
        ...nothing,
        title: 'Bare?',
        category: 'Other',
        tags: [],
        blockedCountries: [],
        status: 'OPEN',
      },
      editorialBoost: 0,
      createdAt: new Date(TEST_NOW_MS).toISOString(),
    });
  });

  it('stores the last snapshot of each minute, and none if nothing changed', async () => {
    const snapshots = async () => {
      const { rows } = await other.query<Record<string, unknown>>(
        `select at, probability, volume_24h, participant_count from market_snapshots
          where market_id = 'moving' order by at`,
      );
      return rows.map(({ at, probability, volume_24h, participant_count }) => [
        ...[((at as Date).getTime() - TEST_NOW_MS) / MINUTE_MS, probability, volume_24h, participant_count],
      ]);
    };
    const moving = { id: 'moving', title: 'Moving?' };
    try {
      await upsert({ ...moving, probability: 0.1 });
      gateway.clock.nowMs += MINUTE_MS - 1;
      await upsert({ ...moving, probability: 0.2 });
      expect(await snapshots()).toEqual([[0, 0.2, null, null]]);
      gateway.clock.nowMs += 1;
      await upsert({
        ...moving,
        probability: 0.2,
        title: 'Moved?',
        volumeTotal: 9,
        editorialBoost: 1,
        tags: ['x'],
      });
      expect(await snapshots()).toHaveLength(1);
      await upsert({ ...moving, volume24h: 5 });
      gateway.clock.nowMs += 5 * MINUTE_MS;
      await upsert({ ...moving, participantCount: 3 });
      gateway.clock.nowMs += MINUTE_MS;
      await upsert({ ...moving, probability: null });
    } finally {
      gateway.clock.nowMs = TEST_NOW_MS;
    }
    expect(await snapshots()).toEqual([
      ...[
        [0, 0.2, null, null],
        [1, 0.2, 5, null],
        [6, 0.2, 5, 3],
        [7, null, 5, 3],
      ],
    ]);
  });
});

describe('asOf', () => {
  it('keeps a newer price when a late one arrives, and applies the other fields', async () => {
    const at = (minutes: number) => new Date(TEST_NOW_MS + minutes * MINUTE_MS).toISOString();
    const asOf = (minutes: number, fields: object) => upsert({ id: 'dated', asOf: at(minutes), ...fields });
    await asOf(-10, { title: 'Dated?', probability: 0.4, volume24h: 4 });
    expect(statuses(await asOf(-5, { probability: 0.4, volume24h: 4 }))).toEqual(['UNCHANGED']);
    const late = { probability: 0.3, volume24h: 3, volumeTotal: 9, participantCount: 2, status: 'RESOLVED' };
    expect(statuses(await asOf(-6, late))).toEqual(['UNCHANGED']);
    expect(await market('dated')).toMatchObject({
      ...{ probability: 0.4, volume24h: 4, volumeTotal: null, participantCount: null, status: 'OPEN' },
    });
    expect(statuses(await asOf(-6, { probability: 0.3, title: 'Dated again?' }))).toEqual(['UPDATED']);
    expect(await market('dated')).toMatchObject({ title: 'Dated again?', probability: 0.4 });
    expect(statuses(await asOf(-5, { probability: 0.6 }))).toEqual(['UPDATED']);
    expect(statuses(await upsert({ id: 'dated', probability: 0.7 }))).toEqual(['UPDATED']);
    expect(statuses(await asOf(-6, { probability: 0.6 }))).toEqual(['UNCHANGED']);
    expect(await market('dated')).toMatchObject({ probability: 0.7 });
  });

  it('is the time of the write if the input that changes a figure or the status has none', async () => {
    const at = (minutes: number) => new Date(TEST_NOW_MS + minutes * MINUTE_MS).toISOString();
    const read = (minutes: number, fields: object) => upsert({ id: 'pushed', asOf: at(minutes), ...fields });
    await read(-10, { title: 'Pushed?', probability: 0.4 });
    // No change of a figure, so the next input with a time is not late.
    await upsert({ id: 'pushed', title: 'Pushed again?', probability: 0.4 });
    expect(statuses(await read(-9, { probability: 0.5 }))).toEqual(['UPDATED']);
    await upsert({ id: 'pushed', probability: 0.7 });
    expect(statuses(await read(-2, { probability: 0.6 }))).toEqual(['UNCHANGED']);
    await upsert({ id: 'new', title: 'New?', probability: 0.7, status: 'RESOLVED' });
    expect(statuses(await upsert({ id: 'new', status: 'OPEN', asOf: at(-2) }))).toEqual(['UNCHANGED']);
    expect(statuses(await read(0, { probability: 0.6 }))).toEqual(['UPDATED']);
  });

  it('counts a future time as now', async () => {
    await upsert({ id: 'future', title: 'Future?', probability: 0.4, asOf: '2999-01-01T00:00:00Z' });
    const asOf = new Date(TEST_NOW_MS).toISOString();
    expect(statuses(await upsert({ id: 'future', probability: 0.5, asOf }))).toEqual(['UPDATED']);
  });

  it('is no new version of the market when nothing else changes', async () => {
    await upsert({
      id: 'same',
      title: 'Same?',
      probability: 0.4,
      asOf: new Date(TEST_NOW_MS - 1).toISOString(),
    });
    const version = () => gateway.backend.store.markets.newestVersion();
    const before = await version();
    await upsert({ id: 'same', probability: 0.4, asOf: new Date(TEST_NOW_MS).toISOString() });
    expect(await version()).toBe(before);
  });
});

describe('the times of a market', () => {
  const times = async (id: string) => {
    const { data } = await gateway.query(
      `query ($id: ID!) { market(id: $id) { status updatedAt resolvedAt } }`,
      { id },
    );
    return data?.['market'];
  };
  const after = (minutes: number) => new Date(TEST_NOW_MS + minutes * MINUTE_MS).toISOString();

  afterEach(() => {
    gateway.clock.nowMs = TEST_NOW_MS;
  });

  it('updatedAt is that of the last change, of figures or of anything else', async () => {
    await upsert({ id: 'timed', title: 'Timed?', probability: 0.4 });
    expect(await times('timed')).toMatchObject({ updatedAt: after(0) });
    gateway.clock.nowMs += MINUTE_MS;
    await upsert({ id: 'timed', probability: 0.4 });
    expect(await times('timed')).toMatchObject({ updatedAt: after(0) });
    const [moved] = await upsert({ id: 'timed', probability: 0.5 });
    expect(moved?.status).toBe('UPDATED');
    expect(await times('timed')).toMatchObject({ updatedAt: after(1) });
    gateway.clock.nowMs += MINUTE_MS;
    await upsert({ id: 'timed', title: 'Timed well?' });
    expect(await times('timed')).toMatchObject({ updatedAt: after(2) });
  });

  it('resolvedAt is the given time, or the time at which the status became final', async () => {
    await upsert({ id: 'ends', title: 'Ends?' }, { id: 'ended', title: 'Ended?', status: 'RESOLVED' });
    expect(await times('ended')).toMatchObject({ resolvedAt: null });
    gateway.clock.nowMs += MINUTE_MS;
    await upsert({ id: 'ends', status: 'RESOLVED' });
    gateway.clock.nowMs += MINUTE_MS;
    expect(statuses(await upsert({ id: 'ends', status: 'RESOLVED' }))).toEqual(['UNCHANGED']);
    expect(await times('ends')).toMatchObject({ status: 'RESOLVED', resolvedAt: after(1) });
    await upsert({ id: 'ends', resolvedAt: after(-5) });
    expect(await times('ends')).toMatchObject({ resolvedAt: after(-5) });
    await upsert({ id: 'ends', status: 'OPEN' });
    expect(await times('ends')).toMatchObject({ status: 'OPEN', resolvedAt: null });
    await upsert({ id: 'ends', status: 'CANCELLED' });
    expect(await times('ends')).toMatchObject({ status: 'CANCELLED', resolvedAt: after(2) });
  });
});

describe('marketsByIds', () => {
  it('returns a list of the length and order of the ids', async () => {
    await upsert({ id: 'one', title: 'One?' }, { id: 'two', title: 'Two?', status: 'CANCELLED' });
    const query = 'query ($ids: [ID!]!) { marketsByIds(ids: $ids) { id status } }';
    const { data } = await gateway.query(query, { ids: ['two', 'nowhere', 'one', 'two'] });
    const [one, two] = [
      { id: 'one', status: 'OPEN' },
      { id: 'two', status: 'CANCELLED' },
    ];
    expect(data).toEqual({ marketsByIds: [two, null, one, two] });
    const { errors } = await gateway.query(query, { ids: Array.from({ length: 101 }, (_, n) => `m${n}`) });
    expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED', field: 'ids' } }]);
  });
});

describe('topics', () => {
  it('returns category and tags with their keys, and no key twice', async () => {
    await upsert({ id: 'topics', title: 'Topics?', category: 'Éire', tags: ['STRASSE', 'éire', 'Rain'] });
    const { data } = await gateway.query('{ market(id: "topics") { topics { key label kind } } }');
    expect(data?.['market']).toEqual({
      topics: [
        { key: 'éire', label: 'Éire', kind: 'CATEGORY' },
        { key: 'strasse', label: 'STRASSE', kind: 'TAG' },
        { key: 'rain', label: 'Rain', kind: 'TAG' },
      ],
    });
  });
});

describe('market', () => {
  it('returns a market of any status, and null for an unknown or invalid id', async () => {
    await upsert({ id: 'open', title: 'Open?' }, { id: 'resolved', title: 'Resolved?', status: 'RESOLVED' });
    expect(await market('open')).toMatchObject({ status: 'OPEN' });
    expect(await market('resolved')).toMatchObject({ status: 'RESOLVED' });
    expect(await market('nowhere')).toBeNull();
    expect(await market('\0')).toBeNull();
    expect(await market('\ud83d')).toBeNull();
  });
});

describe('two replicas on one database', () => {
  const openIds = ({ services }: Backend) =>
    services.catalog.snapshot.entries.map(({ market: { id } }) => id);

  it('see changes of the other after a refresh', async () => {
    await otherReplica.services.catalog.upsert([{ id: 'theirs', title: 'Theirs?', probability: 0.1 }]);
    expect(openIds(gateway.backend)).not.toContain('theirs');
    await gateway.backend.services.catalog.refresh();
    expect(openIds(gateway.backend)).toContain('theirs');
    await otherReplica.services.catalog.upsert([{ id: 'theirs', title: 'Theirs?', probability: 0.9 }]);
    await gateway.backend.services.catalog.refresh();
    expect(await market('theirs')).toMatchObject({ probability: 0.9 });
    await otherReplica.services.catalog.upsert([{ id: 'theirs', title: 'Theirs?', status: 'CLOSED' }]);
    await gateway.backend.services.catalog.refresh();
    expect(openIds(gateway.backend)).not.toContain('theirs');
    expect(await market('theirs')).toMatchObject({ status: 'CLOSED', probability: 0.9 });
  });

  it('write overlapping markets concurrently without deadlocks or lost changes', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `shared-${index}`);
    const writes = Array.from({ length: 10 }, (_, round) =>
      [gateway.backend, otherReplica].map(({ services }, writer) => {
        const share = ids.filter((_, index) => (index + round) % 3 !== writer);
        const markets = share.map((id) => ({
          id,
          title: id,
          volume24h: round,
          tags: [`tag-${round}`, `by-${writer}`],
        }));
        return services.catalog.upsert(writer === 0 ? markets : markets.reverse());
      }),
    );
    const results = (await Promise.all(writes.flat())).flat();
    expect(results.filter(({ status }) => status === 'CREATED')).toHaveLength(ids.length);
    expect(results.filter(({ status }) => status === 'REJECTED')).toEqual([]);
    const stored = await gateway.backend.store.markets.findByIds(ids);
    for (const { services } of [gateway.backend, otherReplica]) {
      await services.catalog.refresh();
      const inMemory = ids.map((id) => services.catalog.snapshot.byId.get(id)?.market);
      expect(inMemory).toEqual(ids.map((id) => stored.find((market) => market.id === id)));
    }
  });
});
