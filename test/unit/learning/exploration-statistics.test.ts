import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packEvidence, unpackEvidence } from '../../../src/learning/exploration-codec.js';
import { ExplorationStatistics, MAX_ARMS } from '../../../src/learning/exploration-statistics.js';
import { DAY_MS } from '../../../src/lib/time.js';
import { NO_EXPLORATION } from '../../../src/scoring/exploration/arms.js';
import { NO_EVIDENCE } from '../../../src/scoring/exploration/linear-evidence.js';
import { FEATURES } from '../../../src/scoring/exploration/linear-features.js';
import { NOON_MS } from '../../support/profile-events.js';

const start = (nowMs = NOON_MS): ExplorationStatistics =>
  new ExplorationStatistics(NO_EXPLORATION, nowMs, nowMs, DAY_MS);

const all = (): boolean => true;

describe('the statistics of exploration', () => {
  it('count impressions and rewards by their age', () => {
    const statistics = start();
    statistics.add({ marketId: 'a', atMs: NOON_MS, isRewarded: true });
    statistics.add({ marketId: 'a', atMs: NOON_MS - DAY_MS, isRewarded: false });
    statistics.add({ marketId: 'b', atMs: NOON_MS - 2 * DAY_MS, isRewarded: true });
    // The clock of a client may be ahead.
    statistics.add({ marketId: 'c', atMs: NOON_MS + DAY_MS, isRewarded: false });
    const { arms, impressions } = statistics.evidence(all);
    expect(Object.fromEntries(arms)).toEqual({
      a: { impressions: 1.5, rewards: 1 },
      b: { impressions: 0.25, rewards: 0.25 },
      c: { impressions: 1, rewards: 0 },
    });
    expect(impressions).toBe(2.75);
  });

  it('decay with time, arms and linear model alike', () => {
    const statistics = start();
    const impression = { marketId: 'a', atMs: NOON_MS, isRewarded: true };
    statistics.add(impression);
    statistics.addLinear(new Float64Array(FEATURES).fill(1), impression);
    const later = new ExplorationStatistics(statistics.evidence(all), NOON_MS, NOON_MS + DAY_MS, DAY_MS);
    const { arms, linear } = later.evidence(all);
    expect(arms.get('a')).toEqual({ impressions: 0.5, rewards: 0.5 });
    expect(new Set(linear.gram)).toEqual(new Set([0.5]));
    expect(new Set(linear.moment)).toEqual(new Set([0.5]));
  });

  it('leave out markets that are no longer open, and those that have decayed', () => {
    const statistics = start();
    for (const marketId of ['open', 'closed']) statistics.add({ marketId, atMs: NOON_MS, isRewarded: false });
    statistics.add({ marketId: 'old', atMs: NOON_MS - 10 * DAY_MS, isRewarded: false });
    const { arms, impressions } = statistics.evidence((id) => id !== 'closed');
    expect([...arms.keys()]).toEqual(['open']);
    expect(impressions).toBe(1);
  });

  it('have at most 10,000 arms, those with the most impressions, in less than 1 MB', async () => {
    const statistics = start();
    for (let index = 0; index <= MAX_ARMS + 5; index += 1) {
      const marketId = `0x${String(index).padStart(40, '0')}`;
      const atMs = index < 6 ? NOON_MS - DAY_MS : NOON_MS;
      statistics.add({ marketId, atMs, isRewarded: index % 7 === 0 });
    }
    const evidence = statistics.evidence(all);
    expect(evidence.arms.size).toBe(MAX_ARMS);
    expect(evidence.arms.has(`0x${'0'.repeat(40)}`)).toBe(false);
    const packed = await packEvidence({ evidence, seq: 5n, atMs: NOON_MS });
    expect(packed.length).toBeLessThan(1_000_000);
    expect(await unpackEvidence(packed)).toEqual({ evidence, seq: 5n, atMs: NOON_MS });
  });
});

describe('packed evidence', () => {
  it('is exact', async () => {
    const statistics = start();
    for (let index = 0; index < 20; index += 1) {
      const impression = {
        marketId: `m${index % 3}`,
        atMs: NOON_MS - index * 777_777,
        isRewarded: index % 4 === 0,
      };
      statistics.add(impression);
      statistics.addLinear(
        Float64Array.from({ length: FEATURES }, (_, at) => Math.sin(at + index)),
        impression,
      );
    }
    const stored = { evidence: statistics.evidence(all), seq: 2n ** 60n, atMs: NOON_MS };
    expect(await unpackEvidence(await packEvidence(stored))).toEqual(stored);
  });

  it('of another format is counted again, and a linear model of other features is learned again', async () => {
    const json = {
      ...{ format: 1, featuresFormat: 1, seq: '7', atMs: NOON_MS, arms: [['a', 2, 1]] },
      ...{ gram: [1, 2, 3], moment: [1, 2] },
    };
    const unpacked = await unpackEvidence(gzipSync(JSON.stringify(json)));
    expect(unpacked?.evidence).toMatchObject({ impressions: 2, linear: NO_EVIDENCE });
    expect(await unpackEvidence(gzipSync(JSON.stringify({ ...json, format: 2 })))).toBeNull();
    expect(await unpackEvidence(gzipSync(JSON.stringify({ ...json, arms: [['a', -1, 1]] })))).toBeNull();
  });
});
