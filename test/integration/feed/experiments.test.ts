import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../../src/app/backend.js';
import { bucketOf } from '../../../src/experiments/assignment/hash.js';
import { HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { openReplica, startTestGateway, type TestGateway } from '../../support/test-gateway.js';

const USERS = Array.from({ length: 12 }, (_, index) => `user-${index}`);

/** The first arm is that of users whose bucket is below a half. */
const armOf = (seed: string, userKey: string, arms: readonly [string, string]): string =>
  bucketOf(seed, userKey, 2) < 0.5 ? arms[0] : arms[1];

const CONFIG = `
experiments:
  - name: explore
    seed: explore-1
    arms:
      - { name: control, weight: 0.5 }
      - { name: more, weight: 0.5, patch: { feed: { quotas: { PERSONAL: 0, EXPLORATION: 0.6 } } } }
  - name: same
    seed: same-1
    arms: [{ name: one, weight: 0.5 }, { name: two, weight: 0.5 }]
  - name: later
    start: 2026-06-15T13:00:00Z
    arms: [{ name: v2, weight: 0 }, { name: v1, weight: 1, algorithm: v1 }]
`;

let folder: string;
let file: string;
let gateway: TestGateway;
let replica: Backend;
let database: Client;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-experiments-'));
  file = path.join(folder, 'config.yaml');
  await writeFile(file, CONFIG);
  gateway = await startTestGateway({ BELLWETHER_CONFIG: file });
  await gateway.addMarkets(
    ...Array.from({ length: 40 }, (_, index) => ({
      id: `m${index}`,
      category: `Category ${index % 10}`,
      volumeTotal: 1_000 - index,
      createdAt: new Date(gateway.clock.nowMs - HOUR_MS),
    })),
  );
  replica = await openReplica(gateway, { BELLWETHER_CONFIG: file });
  database = new Client({ connectionString: gateway.databaseUrl });
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await replica.close();
  await gateway.close();
  await rm(folder, { recursive: true });
});

const serve = (userKey: string | null, backend: Backend = gateway.backend) =>
  backend.services.feed.feed({ userKey, limit: 20 });

const armsOfFeed = async (feedId: string) =>
  (await gateway.backend.services.feed.served(feedId, null))?.served.arms;

async function exposures(): Promise<object[]> {
  const { rows } = await database.query<object>(
    `select user_key as "userKey", experiment, arm, day::text, exposed_at as at from exposures order by user_key, day`,
  );
  return rows;
}

describe('an experiment', () => {
  it('gives two replicas the same arms, and so the same feeds', async () => {
    const versions = new Map<string, Set<string>>();
    for (const userKey of USERS) {
      const [feed, other] = await Promise.all([serve(userKey), serve(userKey, replica)]);
      expect(other).toEqual(feed);
      const arm = armOf('explore-1', userKey, ['control', 'more']);
      versions.set(arm, (versions.get(arm) ?? new Set()).add(feed.configVersion));
      expect(await armsOfFeed(feed.id)).toEqual({
        explore: arm,
        same: armOf('same-1', userKey, ['one', 'two']),
      });
    }
    // Equal values have one version, whatever the arms.
    expect([...versions.values()].map(({ size }) => size)).toEqual([1, 1]);
    expect(new Set([...versions.values()].flatMap((each) => [...each])).size).toBe(2);
    const anonymous = await serve(null);
    expect(await armsOfFeed(anonymous.id)).toEqual({});
    expect(versions.get('control')).toEqual(new Set([anonymous.configVersion]));
  });

  it('is part of a replay, on the replica that served the feed and on another', async () => {
    for (const userKey of USERS) {
      const { id } = await serve(userKey);
      for (const backend of [gateway.backend, replica]) {
        const { replay, feed } = await backend.services.explain.explain({ feedId: id }, null);
        expect({ ...replay, id: feed.id }).toEqual({ outcome: 'SAME', changed: [], id });
      }
      const more = await replica.services.feed.served(id, null);
      expect(more?.configVersion).toBe((await serve(userKey)).configVersion);
    }
  });

  it('leaves out requests that name the algorithm', async () => {
    const [userKey = ''] = USERS;
    const feed = await gateway.backend.services.feed.feed({ userKey, limit: 20, algorithm: 'v2' });
    expect(await armsOfFeed(feed.id)).toEqual({});
  });

  it('records the exposure of a user once a day, whichever replica serves the feeds', async () => {
    for (const userKey of USERS) await Promise.all([serve(userKey), serve(userKey, replica)]);
    const at = new Date(gateway.clock.nowMs);
    const expected = [...USERS].sort().map((userKey) => ({
      ...{ userKey, experiment: 'explore', arm: armOf('explore-1', userKey, ['control', 'more']) },
      ...{ day: '2026-06-15', at },
    }));
    await vi.waitFor(async () => expect(await exposures()).toEqual(expected));

    gateway.clock.nowMs += 5 * MINUTE_MS;
    const third = await openReplica(gateway, { BELLWETHER_CONFIG: file });
    await third.services.catalog.refresh();
    for (const userKey of USERS) await serve(userKey, third);
    await serve('another', third);
    const arm = armOf('explore-1', 'another', ['control', 'more']);
    const another = { userKey: 'another', experiment: 'explore', arm, day: '2026-06-15' };
    // Stored after those of the other users.
    const all = [{ ...another, at: new Date(gateway.clock.nowMs) }, ...expected];
    await vi.waitFor(async () => expect(await exposures()).toEqual(all));
    await third.close();
  });

  it('is in the attribution of events, also after their user was merged', async () => {
    const userKey = USERS.at(-1) ?? '';
    const { id, hero } = await serve(userKey);
    const { tracking, merging } = gateway.backend.services;
    await tracking.track({ userKey, marketId: hero?.market.id, eventType: 'CLICK', feedId: id });
    const armsOf = (key: string) =>
      database.query<{ arms: string }>(
        `select s.arms from interactions i join servings s on s.id = i.serving_id where i.user_key = $1`,
        [key],
      );
    const arms = {
      explore: armOf('explore-1', userKey, ['control', 'more']),
      same: armOf('same-1', userKey, ['one', 'two']),
    };
    expect((await armsOf(userKey)).rows).toEqual([{ arms: JSON.stringify(arms) }]);
    await merging.merge({ fromUserKey: userKey, intoUserKey: 'signed-in' });
    expect((await armsOf('signed-in')).rows).toEqual([{ arms: JSON.stringify(arms) }]);
  });

  it('starts on its own at its time', async () => {
    const [userKey = ''] = USERS;
    expect((await serve(userKey)).algorithm).toBe('v2');
    gateway.clock.nowMs = Date.UTC(2026, 5, 15, 13);
    const feed = await serve(userKey);
    expect(feed.algorithm).toBe('v1');
    expect(await serve(userKey, replica)).toEqual(feed);
    expect(await armsOfFeed(feed.id)).toMatchObject({ later: 'v1' });
  });

  it('takes its users out when the config stops it, without a restart', async () => {
    const [userKey = ''] = USERS;
    expect(await armsOfFeed((await serve(userKey)).id)).toHaveProperty('explore');
    await writeFile(file, CONFIG.replaceAll(/^ {4}arms:/gm, '    stopped: true\n    arms:'));
    for (const { liveConfig } of [gateway.backend, replica]) {
      expect(await liveConfig.reload()).toBe('changed');
    }
    const feed = await serve(userKey);
    expect(await armsOfFeed(feed.id)).toEqual({});
    expect(await serve(userKey, replica)).toEqual(feed);
    expect(feed.configVersion).toBe(gateway.backend.liveConfig.current.version);
  });
});
