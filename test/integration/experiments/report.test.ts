import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentReport, type ExperimentReport } from '../../../src/experiments/report.js';
import { HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let database: Client;

/** Numbers of events by type of each user of an arm. */
const EVENTS: Readonly<Record<string, readonly Readonly<Record<string, number>>[]>> = {
  control: [
    { IMPRESSION: 4, HIDE: 1 },
    { IMPRESSION: 2, PARTICIPATE: 1 },
    { IMPRESSION: 2, PARTICIPATE: 2 },
    { IMPRESSION: 2, PARTICIPATE: 1 },
  ],
  new: [
    { IMPRESSION: 2, PARTICIPATE: 2 },
    { IMPRESSION: 4, PARTICIPATE: 3, HIDE: 1 },
    { IMPRESSION: 2, PARTICIPATE: 1, HIDE: 1 },
    { IMPRESSION: 2, PARTICIPATE: 2 },
  ],
};

const addEvent = (userKey: string, eventType: string, atMs: number) =>
  database.query(
    `insert into interactions (id, user_key, market_id, event_type, weight, occurred_at, received_at)
     values ($1, $2, 'm', $3, 1, $4, $4)`,
    [randomUUID(), userKey, eventType, new Date(atMs)],
  );

beforeAll(async () => {
  gateway = await startTestGateway();
  database = new Client({ connectionString: gateway.databaseUrl });
  await database.connect();
  const { experiments } = gateway.backend.store;
  const exposure = (userKey: string, arm: string, exposedAtMs = TEST_NOW_MS) => ({
    ...{ userKey, experiment: 'page', arm, exposedAtMs },
  });
  for (const [arm, users] of Object.entries(EVENTS)) {
    for (const [index, events] of users.entries()) {
      const userKey = `${arm}-${index}`;
      await experiments.addExposures([exposure(userKey, arm)]);
      // The first exposure of a day stays.
      await experiments.addExposures([exposure(userKey, 'another', TEST_NOW_MS + MINUTE_MS)]);
      for (const [type, count] of Object.entries(events))
        for (let event = 0; event < count; event += 1) await addEvent(userKey, type, TEST_NOW_MS + HOUR_MS);
      // Before the exposure, and after the period.
      await addEvent(userKey, 'PARTICIPATE', TEST_NOW_MS - HOUR_MS);
      await addEvent(userKey, 'PARTICIPATE', TEST_NOW_MS + 3 * HOUR_MS);
    }
  }
  await experiments.addExposures([
    exposure('both', 'control'),
    exposure('both', 'new', TEST_NOW_MS - 24 * HOUR_MS),
    { ...exposure('other', 'new'), experiment: 'other' },
  ]);
  await addEvent('both', 'PARTICIPATE', TEST_NOW_MS + HOUR_MS);
  await addEvent('other', 'PARTICIPATE', TEST_NOW_MS + HOUR_MS);
});

afterAll(async () => {
  await database.end();
  await gateway.close();
});

const arms = [
  { name: 'control', weight: 0.5 },
  { name: 'new', weight: 0.5 },
];
const period = { from: new Date(TEST_NOW_MS - 48 * HOUR_MS), to: new Date(TEST_NOW_MS + 2 * HOUR_MS) };

const metricOf = ({ arms: [control, other] }: ExperimentReport, name: string) => ({
  control: control?.metrics.find(({ metric }) => metric === name)?.value,
  ...other?.metrics.find(({ metric }) => metric === name),
});

describe('the report of an experiment', () => {
  it('equals a computation by hand', async () => {
    const sums = await gateway.backend.store.experiments.sums('page', period);
    const report = experimentReport({ name: 'page', arms }, sums, period);
    expect(report).toMatchObject({
      ...{ users: 8, usersOfSeveralArms: 1 },
      sampleRatio: { chiSquare: 0, pValue: 1, sequentialPValue: 1, isMismatch: false },
      arms: [
        { arm: 'control', users: 4 },
        { arm: 'new', users: 4 },
      ],
    });
    // Means 1 and 2, both variances 2/3: the standard error is √(1/3), with 6 degrees of freedom.
    const participation = metricOf(report, 'PARTICIPATE');
    expect(participation).toMatchObject({ control: 1, value: 2, difference: { estimate: 1 } });
    expect(participation.difference?.fixed.low).toBeCloseTo(1 - 1.412725, 5);
    expect(participation.difference?.fixed.high).toBeCloseTo(1 + 1.412725, 5);
    // Rates 1/10 and 2/10. Variances of hides − rate · impressions: 0.16 and 0.24, divided by 4 · 2.5².
    const hideRate = metricOf(report, 'hideRate');
    expect(hideRate.control).toBeCloseTo(0.1);
    expect(hideRate.value).toBeCloseTo(0.2);
    expect(hideRate.difference?.estimate).toBeCloseTo(0.1);
    expect(hideRate.difference?.fixed.high).toBeCloseTo(0.1 + 0.312539, 5);
    const { low = 0, high = 0 } = participation.difference?.alwaysValid ?? {};
    expect(high - low).toBeGreaterThan(2 * 1.412725);
    // No clicks: nothing varies.
    expect(metricOf(report, 'CLICK')).toMatchObject({ control: 0, value: 0, difference: null });
  });

  it('raises an alarm if users of an arm are missing', () => {
    const sums = (users: number) => ({
      arms: [
        { arm: 'control', users: 20_000 },
        { arm: 'new', users },
      ],
      ...{ usersOfSeveralArms: 0, metrics: [] },
    });
    const isMismatch = (users: number): boolean =>
      experimentReport({ name: 'page', arms }, sums(users), period).sampleRatio.isMismatch;
    expect([20_000, 19_900, 19_000].map(isMismatch)).toEqual([false, false, true]);
  });

  it('has no values without exposures', async () => {
    const sums = await gateway.backend.store.experiments.sums('none', period);
    const report = experimentReport({ name: 'none', arms }, sums, period);
    expect(report.users).toBe(0);
    expect(report.arms.map(({ metrics }) => metrics.every(({ value }) => value === null))).toEqual([
      true,
      true,
    ]);
  });

  it('is preceded by a list of experiments with exposures', async () => {
    expect(await gateway.backend.store.experiments.exposed()).toEqual([
      { experiment: 'other', users: 1, first: new Date(TEST_NOW_MS), last: new Date(TEST_NOW_MS) },
      {
        ...{ experiment: 'page', users: 9 },
        ...{ first: new Date(TEST_NOW_MS - 24 * HOUR_MS), last: new Date(TEST_NOW_MS) },
      },
    ]);
  });

  it('loses the exposures of days before the retention time', async () => {
    const { experiments } = gateway.backend.store;
    const before = new Date(Date.UTC(2026, 5, 15));
    expect(await experiments.removeExposures(before, 10)).toBe(1);
    expect(await experiments.removeExposures(before, 10)).toBe(0);
  });
});
