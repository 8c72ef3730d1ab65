import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Experiment, Holdout } from '../../../../src/domain/experiment.js';
import { assign, inHoldout, trafficAt, type Subject } from '../../../../src/experiments/assignment/assign.js';

const EXPERIMENT: Experiment = {
  name: 'weights',
  unit: 'user',
  seed: 'weights',
  hashVersion: 2,
  arms: [
    { name: 'control', weight: 0.5 },
    { name: 'treatment', weight: 0.5 },
  ],
  traffic: [{ fromMs: 0, share: 1 }],
  layer: null,
  targeting: { countries: null, users: 'all' },
  startMs: null,
  endMs: null,
  stopped: false,
  forcedArm: null,
};
const SUBJECT: Subject = { userKey: 'ada', sessionId: 's-1', country: 'GB', isNew: false };

function armOf(changes: Partial<Experiment>, subject: Partial<Subject> = {}, nowMs = 1_000) {
  return assign({ ...EXPERIMENT, ...changes }, { ...SUBJECT, ...subject }, { nowMs, holdout: null });
}

/** Counts by arm over many users; users that are left out count under the reason. */
function counts(changes: Partial<Experiment>, users = 20_000, holdout: Holdout | null = null) {
  const result = new Map<string, number>();
  for (let user = 0; user < users; user += 1) {
    const subject = { ...SUBJECT, userKey: `user-${user}` };
    const assignment = assign({ ...EXPERIMENT, ...changes }, subject, { nowMs: 1_000, holdout });
    const key = assignment.arm ?? assignment.reason;
    result.set(key, (result.get(key) ?? 0) + 1);
  }
  return result;
}

describe('assign', () => {
  it('leaves a subject out before the start, and from the end on', () => {
    const limits = { startMs: 1_000, endMs: 2_000 };
    expect(armOf(limits, {}, 999)).toEqual({ arm: null, reason: 'NOT_STARTED' });
    expect(armOf(limits, {}, 1_000).arm).not.toBeNull();
    expect(armOf(limits, {}, 1_999).arm).not.toBeNull();
    expect(armOf(limits, {}, 2_000)).toEqual({ arm: null, reason: 'ENDED' });
  });

  it('assigns by session when the unit is the session', () => {
    const arms = new Set<string | null>();
    for (let session = 0; session < 50; session += 1) {
      arms.add(armOf({ unit: 'session' }, { sessionId: `s-${session}` }).arm);
    }
    expect(arms).toEqual(new Set(['control', 'treatment']));
    expect(armOf({ unit: 'session' }, { sessionId: null })).toEqual({ arm: null, reason: 'NO_UNIT' });
  });

  it.each([
    [{ countries: ['FR'], users: 'all' }, {}, 'TARGETING'],
    [{ countries: ['FR', 'GB'], users: 'all' }, {}, undefined],
    [{ countries: ['GB'], users: 'all' }, { country: null }, 'TARGETING'],
    [{ countries: null, users: 'new' }, {}, 'TARGETING'],
    [{ countries: null, users: 'new' }, { isNew: true }, undefined],
    [{ countries: null, users: 'known' }, { isNew: true }, 'TARGETING'],
    [{ countries: null, users: 'known' }, {}, undefined],
  ] as const)('targets %j with subject %j: left out by %s', (targeting, subject, reason) => {
    const assignment = armOf({ targeting }, subject);
    expect('reason' in assignment ? assignment.reason : undefined).toBe(reason);
  });

  it('splits the traffic by the weights of the arms', () => {
    const arms = [
      { name: 'a', weight: 0.2 },
      { name: 'b', weight: 0.3 },
      { name: 'c', weight: 0.5 },
    ];
    const found = counts({ arms, traffic: [{ fromMs: 0, share: 0.5 }] });
    // The tolerance of 0.016 is above four standard deviations of each share.
    expect((found.get('a') ?? 0) / 20_000).toBeCloseTo(0.1, 1.5);
    expect((found.get('b') ?? 0) / 20_000).toBeCloseTo(0.15, 1.5);
    expect((found.get('c') ?? 0) / 20_000).toBeCloseTo(0.25, 1.5);
    expect((found.get('TRAFFIC') ?? 0) / 20_000).toBeCloseTo(0.5, 1.5);
  });

  it('never shares a unit between disjoint ranges of a layer', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (userKey) => {
        const first = armOf({ name: 'a', layer: { name: 'home', from: 0, to: 0.5 } }, { userKey });
        const second = armOf({ name: 'b', layer: { name: 'home', from: 0.5, to: 1 } }, { userKey });
        return (first.arm === null) !== (second.arm === null);
      }),
    );
  });

  it('assigns independently in two layers and with two seeds', () => {
    const cells = new Map<string, number>();
    for (let user = 0; user < 20_000; user += 1) {
      const subject = { userKey: `user-${user}` };
      const first = armOf({ seed: 'one', layer: { name: 'home', from: 0, to: 0.5 } }, subject).arm;
      const second = armOf({ seed: 'two', layer: { name: 'search', from: 0, to: 0.5 } }, subject).arm;
      const cell = `${first ?? '-'} ${second ?? '-'}`;
      cells.set(cell, (cells.get(cell) ?? 0) + 1);
    }
    expect((cells.get('- -') ?? 0) / 20_000).toBeCloseTo(0.25, 1.5);
    expect((cells.get('control treatment') ?? 0) / 20_000).toBeCloseTo(0.0625, 2);
    expect((cells.get('treatment treatment') ?? 0) / 20_000).toBeCloseTo(0.0625, 2);
  });

  it('keeps the arm of every unit while the traffic grows', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), share, share, (userKey, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const before = armOf({ traffic: [{ fromMs: 0, share: less }] }, { userKey });
        const after = armOf({ traffic: [{ fromMs: 0, share: more }] }, { userKey });
        return before.arm === null || before.arm === after.arm;
      }),
    );
  });

  it('leaves the holdout out of every experiment, and only the holdout', () => {
    const holdout = { seed: 'holdout', share: 0.1 };
    const found = counts({}, 20_000, holdout);
    expect((found.get('HOLDOUT') ?? 0) / 20_000).toBeCloseTo(0.1, 1.5);
    expect(found.get('control')).toBeGreaterThan(8_500);
    expect(inHoldout(holdout, { ...SUBJECT, userKey: null, sessionId: null })).toBe(false);
  });

  it('gives every unit in the traffic the forced arm, unhashed', () => {
    const found = counts({ forcedArm: 'treatment', traffic: [{ fromMs: 0, share: 0.5 }] });
    expect(found.get('control')).toBeUndefined();
    expect((found.get('treatment') ?? 0) / 20_000).toBeCloseTo(0.5, 1.5);
    expect(armOf({ forcedArm: 'treatment' })).toEqual({ arm: 'treatment', hashed: false });
    expect(armOf({ forcedArm: 'absent' })).toEqual({ arm: null, reason: 'UNKNOWN_ARM' });
  });
});

describe('trafficAt', () => {
  it('follows the steps of a ramp', () => {
    const ramp = [
      { fromMs: 100, share: 0.01 },
      { fromMs: 200, share: 0.1 },
      { fromMs: 300, share: 1 },
    ];
    expect([99, 100, 199, 200, 299, 300, 1e12].map((nowMs) => trafficAt(ramp, nowMs))).toEqual([
      0, 0.01, 0.01, 0.1, 0.1, 1, 1,
    ]);
  });
});
