import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BellwetherError } from '../../../src/lib/errors.js';
import { hashUserKey } from '../../../src/domain/profile.js';
import { ProfilesLocked } from '../../../src/tracking/locked-users.js';
import { usersOf, type EventOutcome } from '../../../src/tracking/commit-events.js';
import { EventQueue, type EventQueueOptions } from '../../../src/tracking/event-queue.js';
import { prepareEvent } from '../../../src/tracking/prepare-events.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { NOON_MS } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';
import type { PreparedEvent } from '../../../src/domain/event.js';

const { events: weights } = loadRankingConfig(undefined);

function event(id: string, userKey = 'ada'): PreparedEvent {
  const input = { userKey, marketId: 'm1', eventType: 'CLICK' } as const;
  const options = { id, nowMs: NOON_MS, weights, keepOldTime: false, probability: null };
  return prepareEvent(input, storedMarket('m1'), options);
}

/** Users of different lanes if there are two. */
const blocked = 'ada';
const unblocked = Array.from({ length: 100 }, (_, index) => `user ${index}`).find(
  (userKey) => hashUserKey(userKey) % 2 !== hashUserKey(blocked) % 2,
);

const batch = (...ids: string[]): PreparedEvent[] => ids.map((id) => event(id));
const idsOf = (outcomes: readonly EventOutcome[]) =>
  outcomes.map((outcome) => ('interactionId' in outcome ? outcome.interactionId : ''));

/** Creates a queue whose commits are recorded in `groups`, and fail for ids that begin with `bad`. */
function queueWith(options: Partial<EventQueueOptions> = {}) {
  const groups: string[][] = [];
  const rejected: { ids: string[]; error: unknown }[] = [];
  const clock = { nowMs: 0 };
  const commit = (events: readonly PreparedEvent[]): Promise<EventOutcome[]> => {
    const ids = events.map(({ interaction }) => interaction.id);
    groups.push(ids);
    const bad = ids.find((id) => id.startsWith('bad'));
    if (bad !== undefined) return Promise.reject(new Error(`${bad} cannot be stored`));
    return Promise.resolve(
      events.map(({ interaction: { userKey, id } }) => ({ userKey, interactionId: id, duplicate: false })),
    );
  };
  const queue = new EventQueue({
    commit,
    lanes: 1,
    maxWaitMs: 0,
    maxEvents: 3,
    maxQueued: 100,
    maxQueuedMs: 2_000,
    clock: () => clock.nowMs,
    onRejected: (events, error) =>
      rejected.push({ ids: events.map(({ interaction }) => interaction.id), error }),
    ...options,
  });
  return { queue, groups, rejected, clock, commit };
}

/** Creates a queue whose first commit waits for `open`. */
function blockedStore() {
  const begun = Promise.withResolvers<undefined>();
  const gate = Promise.withResolvers<undefined>();
  const fixture: ReturnType<typeof queueWith> = queueWith({
    commit: async (events) => {
      begun.resolve(undefined);
      await gate.promise;
      return fixture.commit(events);
    },
    maxQueued: 4,
  });
  return { ...fixture, begun: begun.promise, open: () => gate.resolve(undefined) };
}

describe('a group', () => {
  it('contains the events of one turn up to the bound, and never part of a batch', async () => {
    const { queue, groups } = queueWith();
    const answers = [batch('a'), batch('b', 'c'), batch('d', 'e'), batch('f', 'g', 'h', 'i'), batch('j')];
    const committed = await Promise.all(answers.map((events) => queue.add(events)));
    expect(groups).toEqual([['a', 'b', 'c'], ['d', 'e'], ['f', 'g', 'h', 'i'], ['j']]);
    expect(committed.map(idsOf)).toEqual([['a'], ['b', 'c'], ['d', 'e'], ['f', 'g', 'h', 'i'], ['j']]);
  });

  it('gathers while the previous group is committed', async () => {
    const { queue, groups, begun, open } = blockedStore();
    const first = queue.add(batch('a'));
    await begun;
    const rest = Promise.all([queue.add(batch('b')), queue.add(batch('c'))]);
    open();
    await first;
    await rest;
    expect(groups).toEqual([['a'], ['b', 'c']]);
  });

  it('keeps the order of batches, returns to each its own results, and stays within the bound', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (sizes, maxEvents) => {
          const { queue, groups } = queueWith({ maxEvents });
          const batches = sizes.map((size, index) =>
            Array.from({ length: size }, (_, position) => `${index}.${position}`),
          );
          const answers = await Promise.all(batches.map((ids) => queue.add(batch(...ids))));
          expect(answers.map(idsOf)).toEqual(batches);
          expect(groups.flat()).toEqual(batches.flat());
          for (const group of groups) {
            const ofBatches = new Set(group.map((id) => id.split('.')[0]));
            if (ofBatches.size > 1) expect(group.length).toBeLessThanOrEqual(maxEvents);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('events are rejected as UNAVAILABLE with retryAfterMs', () => {
  const unavailable = { code: 'UNAVAILABLE', retryAfterMs: 1_000 };

  it('when the queue is full, and accepted once there is room', async () => {
    const { queue, groups, begun, open } = blockedStore();
    const first = queue.add(batch('a'));
    await begun;
    const queued = queue.add(batch('b', 'c', 'd'));
    await expect(queue.add(batch('e', 'f'))).rejects.toMatchObject(unavailable);
    const last = queue.add(batch('g'));
    await expect(queue.add(batch('h'))).rejects.toMatchObject(unavailable);
    open();
    await Promise.all([first, queued, last]);
    await queue.add(batch('i', 'j', 'k', 'l'));
    expect(groups.flat()).toEqual(['a', 'b', 'c', 'd', 'g', 'i', 'j', 'k', 'l']);
  });

  it('when they waited too long, while newer ones are stored', async () => {
    const { queue, groups, clock, begun, open } = blockedStore();
    const first = queue.add(batch('a'));
    await begun;
    const tooLong = expect(queue.add(batch('b', 'c'))).rejects.toMatchObject(unavailable);
    clock.nowMs = 1;
    const justInTime = queue.add(batch('d'));
    clock.nowMs = 2_001;
    open();
    await Promise.all([first, tooLong, justInTime]);
    expect(groups).toEqual([['a'], ['d']]);
    expect(idsOf(await queue.add(batch('e', 'f', 'g', 'h')))).toHaveLength(4);
  });
});

describe('when a group cannot be stored', () => {
  it('rejects and reports only the event that causes it, and stores the others', async () => {
    const { queue, groups, rejected } = queueWith();
    const answers = await Promise.allSettled([batch('a'), batch('bad'), batch('c')].map((e) => queue.add(e)));
    expect(answers).toMatchObject([
      { status: 'fulfilled', value: [{ interactionId: 'a' }] },
      { status: 'rejected', reason: { message: 'bad cannot be stored' } },
      { status: 'fulfilled', value: [{ interactionId: 'c' }] },
    ]);
    expect(groups).toEqual([['a', 'bad', 'c'], ['a', 'bad'], ['a'], ['bad'], ['c']]);
    expect(rejected).toMatchObject([{ ids: ['bad'], error: { message: 'bad cannot be stored' } }]);
  });

  it('isolates one event of 256 in 17 commits', async () => {
    const { queue, groups } = queueWith({ maxEvents: 256, maxQueued: 256 });
    const ids = Array.from({ length: 256 }, (_, index) => (index === 100 ? 'bad' : `${index}`));
    const answers = await Promise.allSettled(ids.map((id) => queue.add(batch(id))));
    expect(answers.flatMap(({ status }, index) => (status === 'rejected' ? [ids[index]] : []))).toEqual([
      'bad',
    ]);
    expect(groups).toHaveLength(17);
  });

  it('rejects the rest as UNAVAILABLE when isolation exceeds the time limit', async () => {
    const { queue, rejected, clock } = queueWith({
      commit: () => {
        clock.nowMs += 1_500;
        return Promise.reject(new Error('all are bad'));
      },
    });
    const answers = await Promise.allSettled([batch('a'), batch('b'), batch('c')].map((e) => queue.add(e)));
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(3);
    expect(rejected).toHaveLength(1);
    expect(answers[2]).toMatchObject({ reason: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } });
  });

  it('never stores part of a batch', async () => {
    const { queue, groups, rejected } = queueWith();
    await expect(queue.add(batch('a', 'bad', 'c'))).rejects.toThrow('bad cannot be stored');
    expect(groups).toEqual([['a', 'bad', 'c']]);
    expect(rejected).toMatchObject([{ ids: ['a', 'bad', 'c'] }]);
  });

  it('rejects all at once when the database is unavailable, without retry or report', async () => {
    let attempts = 0;
    const gone = BellwetherError.unavailable('Not now.', 1_000);
    const { queue, rejected } = queueWith({
      commit: () => {
        attempts += 1;
        return Promise.reject(gone);
      },
    });
    const answers = await Promise.allSettled([queue.add(batch('a')), queue.add(batch('b'))]);
    expect(answers).toEqual([
      { status: 'rejected', reason: gone },
      { status: 'rejected', reason: gone },
    ]);
    expect(attempts).toBe(1);
    expect(rejected).toEqual([]);
  });
});

describe('with two lanes', () => {
  it('delays only the users of its lane when a commit waits', async () => {
    const gate = Promise.withResolvers<undefined>();
    const fixture: ReturnType<typeof queueWith> = queueWith({
      lanes: 2,
      commit: async (events) => {
        if (events.some(({ interaction }) => interaction.userKey === blocked)) await gate.promise;
        return fixture.commit(events);
      },
    });
    const { queue, groups } = fixture;
    const first = queue.add([event('waiting', blocked)]);
    for (const id of ['a', 'b', 'c']) await queue.add([event(id, unblocked)]);
    expect(groups).toEqual([['a'], ['b'], ['c']]);
    gate.resolve(undefined);
    await first;
    expect(groups.at(-1)).toEqual(['waiting']);
  });

  it('never commits events of a user concurrently', async () => {
    let running = 0;
    let maxRunning = 0;
    const fixture: ReturnType<typeof queueWith> = queueWith({
      ...{ lanes: 4, maxEvents: 1 },
      commit: async (events) => {
        maxRunning = Math.max(maxRunning, ++running);
        await new Promise(setImmediate);
        running -= 1;
        return fixture.commit(events);
      },
    });
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => fixture.queue.add([event(id, blocked)])));
    expect(maxRunning).toBe(1);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => fixture.queue.add([event(`${index}`, `user ${index}`)])),
    );
    expect(maxRunning).toBe(4);
  });

  it('bounds the queued events over all lanes', async () => {
    const { queue } = queueWith({ lanes: 2, maxQueued: 2 });
    const added = [event('a', blocked), event('b', unblocked), event('c', unblocked)].map((e) =>
      queue.add([e]),
    );
    const outcomes = await Promise.allSettled(added);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  it('drains every lane', async () => {
    const { queue, groups } = queueWith({ lanes: 2 });
    void queue.add([event('a', blocked)]);
    void queue.add([event('b', unblocked)]);
    await queue.drain();
    expect(groups.flat().toSorted()).toEqual(['a', 'b']);
  });
});

describe('when profiles of a group are locked', () => {
  it('rejects the batches of their users as UNAVAILABLE and stores the others in one commit', async () => {
    const fixture: ReturnType<typeof queueWith> = queueWith({
      maxEvents: 10,
      commit: (events) => {
        const locked = usersOf(events).filter((userKey) => userKey.startsWith('locked'));
        return locked.length > 0
          ? Promise.reject(new ProfilesLocked(new Set(locked)))
          : fixture.commit(events);
      },
    });
    const { queue, groups, rejected } = fixture;
    const answers = await Promise.allSettled([
      queue.add([event('a')]),
      queue.add([event('b'), event('c', 'locked 1')]),
      queue.add([event('d', 'locked 2')]),
      queue.add([event('e', 'ben')]),
    ]);
    const unavailable = { status: 'rejected', reason: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } };
    expect(answers).toMatchObject([
      ...[{ status: 'fulfilled' }, unavailable],
      ...[unavailable, { status: 'fulfilled' }],
    ]);
    expect(groups).toEqual([['a', 'e']]);
    expect(rejected).toEqual([]);
  });
});

it('processes events that are added at any moment after a result', async () => {
  const { queue, groups } = queueWith();
  for (let turns = 0; turns < 20; turns++) {
    await queue.add(batch(`first ${turns}`));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await queue.add(batch(`second ${turns}`));
  }
  expect(groups).toHaveLength(40);
});

describe('draining', () => {
  it('waits for all events, including those added meanwhile', async () => {
    const { queue, groups, begun, open } = blockedStore();
    const answered: string[] = [];
    const add = (id: string) => void queue.add(batch(id)).then(() => answered.push(id));
    add('a');
    await begun;
    const drained = queue.drain();
    add('b');
    open();
    await drained;
    expect(answered).toEqual(['a', 'b']);
    expect(groups).toEqual([['a'], ['b']]);
  });

  it('resolves at once when nothing was added', async () => {
    await expect(queueWith().queue.drain()).resolves.toBeUndefined();
  });
});
