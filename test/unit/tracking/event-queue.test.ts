import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BellwetherError } from '../../../src/lib/errors.js';
import { hashUserKey } from '../../../src/profiles/user-key-hash.js';
import { ProfilesLocked } from '../../../src/tracking/locked-users.js';
import { usersOf, type CommittedEvent } from '../../../src/tracking/commit-events.js';
import { EventQueue, type EventQueueOptions } from '../../../src/tracking/event-queue.js';
import { prepareEvent, type PreparedEvent } from '../../../src/tracking/prepare-event.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { NOON_MS } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

const { events: weights } = loadRankingConfig(undefined);

function event(id: string, userKey = 'ada'): PreparedEvent {
  const input = { userKey, marketId: 'm1', eventType: 'CLICK' } as const;
  const options = { id, nowMs: NOON_MS, weights, keepTime: false, probability: null };
  return prepareEvent(input, storedMarket('m1'), options);
}

/** Two users of different lanes, of two. */
const waiting = 'ada';
const unhindered = Array.from({ length: 100 }, (_, index) => `user ${index}`).find(
  (userKey) => hashUserKey(userKey) % 2 !== hashUserKey(waiting) % 2,
);

const batch = (...ids: string[]): PreparedEvent[] => ids.map((id) => event(id));
const idsOf = (committed: readonly CommittedEvent[]) => committed.map(({ interactionId }) => interactionId);

/** A queue over a store that keeps in `groups` what it was given, and fails for ids that begin with `bad`. */
function queueWith(options: Partial<EventQueueOptions> = {}) {
  const groups: string[][] = [];
  const poison: { ids: string[]; error: unknown }[] = [];
  const clock = { nowMs: 0 };
  const commit = (events: readonly PreparedEvent[]): Promise<CommittedEvent[]> => {
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
    onPoison: (events, error) => poison.push({ ids: events.map(({ interaction }) => interaction.id), error }),
    ...options,
  });
  return { queue, groups, poison, clock, commit };
}

/** A store that begins to store only when told. */
function heldStore() {
  const begun = Promise.withResolvers<undefined>();
  const gate = Promise.withResolvers<undefined>();
  const parts: ReturnType<typeof queueWith> = queueWith({
    commit: async (events) => {
      begun.resolve(undefined);
      await gate.promise;
      return parts.commit(events);
    },
    maxQueued: 4,
  });
  return { ...parts, begun: begun.promise, open: () => gate.resolve(undefined) };
}

describe('a group', () => {
  it('takes what comes in the same turn, up to the bound, and no batch in parts', async () => {
    const { queue, groups } = queueWith();
    const answers = [batch('a'), batch('b', 'c'), batch('d', 'e'), batch('f', 'g', 'h', 'i'), batch('j')];
    const committed = await Promise.all(answers.map((events) => queue.add(events)));
    expect(groups).toEqual([['a', 'b', 'c'], ['d', 'e'], ['f', 'g', 'h', 'i'], ['j']]);
    expect(committed.map(idsOf)).toEqual([['a'], ['b', 'c'], ['d', 'e'], ['f', 'g', 'h', 'i'], ['j']]);
  });

  it('gathers while the one before it is stored', async () => {
    const { queue, groups, begun, open } = heldStore();
    const first = queue.add(batch('a'));
    await begun;
    const rest = Promise.all([queue.add(batch('b')), queue.add(batch('c'))]);
    open();
    await first;
    await rest;
    expect(groups).toEqual([['a'], ['b', 'c']]);
  });

  it('of any batches keeps their order, answers each with its own events, and stays within the bound', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (sizes, maxEvents) => {
          const { queue, groups } = queueWith({ maxEvents });
          const batches = sizes.map((size, index) =>
            Array.from({ length: size }, (_, place) => `${index}.${place}`),
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

describe('events are refused as UNAVAILABLE, with when to come again,', () => {
  const unavailable = { code: 'UNAVAILABLE', retryAfterMs: 1_000 };

  it('when too many wait, and taken again once there is room', async () => {
    const { queue, groups, begun, open } = heldStore();
    const first = queue.add(batch('a'));
    await begun;
    const waiting = queue.add(batch('b', 'c', 'd'));
    await expect(queue.add(batch('e', 'f'))).rejects.toMatchObject(unavailable);
    const last = queue.add(batch('g'));
    await expect(queue.add(batch('h'))).rejects.toMatchObject(unavailable);
    open();
    await Promise.all([first, waiting, last]);
    await queue.add(batch('i', 'j', 'k', 'l'));
    expect(groups.flat()).toEqual(['a', 'b', 'c', 'd', 'g', 'i', 'j', 'k', 'l']);
  });

  it('when they waited too long, while those that did not are stored', async () => {
    const { queue, groups, clock, begun, open } = heldStore();
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
  it('what spoils it fails alone and is reported, and the others are stored', async () => {
    const { queue, groups, poison } = queueWith();
    const answers = await Promise.allSettled([batch('a'), batch('bad'), batch('c')].map((e) => queue.add(e)));
    expect(answers).toMatchObject([
      { status: 'fulfilled', value: [{ interactionId: 'a' }] },
      { status: 'rejected', reason: { message: 'bad cannot be stored' } },
      { status: 'fulfilled', value: [{ interactionId: 'c' }] },
    ]);
    expect(groups).toEqual([['a', 'bad', 'c'], ['a', 'bad'], ['a'], ['bad'], ['c']]);
    expect(poison).toMatchObject([{ ids: ['bad'], error: { message: 'bad cannot be stored' } }]);
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

  it('rejects the rest as UNAVAILABLE when isolating takes longer than events may wait', async () => {
    const { queue, poison, clock } = queueWith({
      commit: () => {
        clock.nowMs += 1_500;
        return Promise.reject(new Error('all are bad'));
      },
    });
    const answers = await Promise.allSettled([batch('a'), batch('b'), batch('c')].map((e) => queue.add(e)));
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(3);
    expect(poison).toHaveLength(1);
    expect(answers[2]).toMatchObject({ reason: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } });
  });

  it('a batch is never stored in parts', async () => {
    const { queue, groups, poison } = queueWith();
    await expect(queue.add(batch('a', 'bad', 'c'))).rejects.toThrow('bad cannot be stored');
    expect(groups).toEqual([['a', 'bad', 'c']]);
    expect(poison).toMatchObject([{ ids: ['a', 'bad', 'c'] }]);
  });

  it('for want of the database, all are refused at once and nothing is tried again or reported', async () => {
    let attempts = 0;
    const gone = BellwetherError.unavailable('Not now.', 1_000);
    const { queue, poison } = queueWith({
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
    expect(poison).toEqual([]);
  });
});

describe('with two lanes', () => {
  it('a commit that waits holds up the users of its own lane only', async () => {
    const gate = Promise.withResolvers<undefined>();
    const parts: ReturnType<typeof queueWith> = queueWith({
      lanes: 2,
      commit: async (events) => {
        if (events.some(({ interaction }) => interaction.userKey === waiting)) await gate.promise;
        return parts.commit(events);
      },
    });
    const { queue, groups } = parts;
    const first = queue.add([event('waiting', waiting)]);
    for (const id of ['a', 'b', 'c']) await queue.add([event(id, unhindered)]);
    expect(groups).toEqual([['a'], ['b'], ['c']]);
    gate.resolve(undefined);
    await first;
    expect(groups.at(-1)).toEqual(['waiting']);
  });

  it('the events of one user never share the time of two commits', async () => {
    let running = 0;
    let most = 0;
    const parts: ReturnType<typeof queueWith> = queueWith({
      ...{ lanes: 4, maxEvents: 1 },
      commit: async (events) => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running -= 1;
        return parts.commit(events);
      },
    });
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => parts.queue.add([event(id, waiting)])));
    expect(most).toBe(1);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => parts.queue.add([event(`${index}`, `user ${index}`)])),
    );
    expect(most).toBe(4);
  });

  it('bounds the events that wait over all lanes', async () => {
    const { queue } = queueWith({ lanes: 2, maxQueued: 2 });
    const added = [event('a', waiting), event('b', unhindered), event('c', unhindered)].map((e) =>
      queue.add([e]),
    );
    const outcomes = await Promise.allSettled(added);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  it('draining waits for every lane', async () => {
    const { queue, groups } = queueWith({ lanes: 2 });
    void queue.add([event('a', waiting)]);
    void queue.add([event('b', unhindered)]);
    await queue.drain();
    expect(groups.flat().toSorted()).toEqual(['a', 'b']);
  });
});

describe('when profiles of a group are locked', () => {
  it('rejects the batches of their users as UNAVAILABLE and stores the others in one commit', async () => {
    const parts: ReturnType<typeof queueWith> = queueWith({
      maxEvents: 10,
      commit: (events) => {
        const locked = usersOf(events).filter((userKey) => userKey.startsWith('locked'));
        return locked.length > 0 ? Promise.reject(new ProfilesLocked(new Set(locked))) : parts.commit(events);
      },
    });
    const { queue, groups, poison } = parts;
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
    expect(poison).toEqual([]);
  });
});

it('answers what is added at any moment after an answer', async () => {
  const { queue, groups } = queueWith();
  for (let turns = 0; turns < 20; turns++) {
    await queue.add(batch(`first ${turns}`));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await queue.add(batch(`second ${turns}`));
  }
  expect(groups).toHaveLength(40);
});

describe('draining', () => {
  it('waits for everything that was added, also while it waits', async () => {
    const { queue, groups, begun, open } = heldStore();
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

  it('is done at once when nothing was added', async () => {
    await expect(queueWith().queue.drain()).resolves.toBeUndefined();
  });
});
