import { afterEach, describe, expect, it, vi } from 'vitest';
import { FeedSubscriptions } from '../../../src/live/feed-subscriptions.js';
import { emptyProfile, type ProfileState, UnreadableProfile } from '../../../src/domain/profile.js';
import { recordingLogger } from '../../support/log-lines.js';

function profile(userKey: string, version: number, details: Partial<ProfileState> = {}): ProfileState {
  return { ...emptyProfile(userKey), version, ...details };
}

const opened: FeedSubscriptions[] = [];
afterEach(async () => {
  for (const feeds of opened.splice(0)) await feeds.close();
  vi.useRealTimers();
});

/** Feed subscriptions over a mutable store of profiles. */
function subscriptionsOver(...states: readonly ProfileState[]) {
  const stored = new Map(states.map((state) => [state.userKey, state]));
  const load = vi.fn((userKeys: readonly string[]) =>
    Promise.resolve(userKeys.map((userKey) => stored.get(userKey) ?? emptyProfile(userKey))),
  );
  const { logger, lines } = recordingLogger();
  const feeds = new FeedSubscriptions({ profiles: { load }, clock: () => 0, logger, intervalMs: 1_000 });
  opened.push(feeds);
  const reasons: string[] = [];
  const subscribe = async (userKey = 'ada'): Promise<void> => {
    const stream = await feeds.subscribe(userKey);
    const listen = async (): Promise<void> => {
      for await (const changed of stream) reasons.push(`${changed.userKey} ${changed.reason}`);
    };
    void listen();
  };
  return { feeds, stored, load, lines, reasons, subscribe };
}

/** Runs everything that waits for no timer. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a feed subscription', () => {
  it.each<[behavior: string, details: Partial<ProfileState>, reasons: string[]]>([
    ['notifies after an event', { totalInteractions: 4 }, ['ada PROFILE']],
    ['notifies when another market is hidden instead', { hidden: new Map([['b', 1]]) }, ['ada PROFILE']],
    [
      'notifies when one more market is hidden',
      {
        hidden: new Map([
          ['a', 1],
          ['b', 1],
        ]),
      },
      ['ada PROFILE'],
    ],
    ['does not notify after impressions', { impressions: new Map() }, []],
  ])('%s', async (_behavior, details, expected) => {
    const before = { totalInteractions: 3, hidden: new Map([['a', 1]]) };
    const { feeds, stored, reasons, subscribe } = subscriptionsOver(profile('ada', 1, before));
    await subscribe();
    stored.set('ada', profile('ada', 2, { ...before, ...details }));
    stored.set('bob', profile('bob', 9, details));
    feeds.profilesInvalidated(['ada', 'bob']);
    await settle();
    expect(reasons).toEqual(expected);
  });

  it('reads only invalidated profiles that have subscribers', async () => {
    const { feeds, stored, load, reasons, subscribe } = subscriptionsOver();
    await subscribe('ada');
    await subscribe('bob');
    load.mockClear();
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    feeds.profilesInvalidated(['ada', 'bob', 'user without subscribers']);
    await settle();
    expect(reasons).toEqual(['ada PROFILE']);
    expect(load.mock.calls).toEqual([[['ada', 'bob']]]);
  });

  it('notifies after an event of any user when all profiles are invalidated', async () => {
    const { feeds, stored, reasons, subscribe } = subscriptionsOver();
    for (const userKey of ['ada', 'bob', 'eve']) await subscribe(userKey);
    stored.set('eve', profile('eve', 1, { totalInteractions: 1 }));
    feeds.allProfilesInvalidated();
    await settle();
    expect(reasons).toEqual(['eve PROFILE']);
  });

  it('notifies after an invalidation during a read', async () => {
    const { feeds, stored, load, reasons, subscribe } = subscriptionsOver();
    await subscribe();
    const reading = Promise.withResolvers<ProfileState[]>();
    load.mockReturnValueOnce(reading.promise);
    feeds.profilesInvalidated(['ada']);
    feeds.profilesInvalidated(['ada']);
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    reading.resolve([emptyProfile('ada')]);
    await settle();
    expect(reasons).toEqual(['ada PROFILE']);
  });

  it.each([
    ['notifies after an event during the first read', 4, ['ada PROFILE']],
    ['does not notify if the first read already contains that event', 3, []],
  ])('%s', async (_behavior, version, expected) => {
    const { feeds, stored, load, reasons, subscribe } = subscriptionsOver();
    load.mockImplementationOnce(() => {
      stored.set('ada', profile('ada', version, { totalInteractions: version }));
      feeds.profilesInvalidated(['ada']);
      return Promise.resolve([profile('ada', 3, { totalInteractions: 3 })]);
    });
    await subscribe();
    await settle();
    expect(reasons).toEqual(expected);
  });

  it('notifies after a config change, with reason CONFIG if the profile changed too', async () => {
    vi.useFakeTimers();
    const { feeds, stored, reasons, subscribe } = subscriptionsOver();
    await subscribe('ada');
    await subscribe('bob');
    feeds.configChanged();
    await vi.advanceTimersByTimeAsync(0);
    expect(reasons).toEqual(['ada CONFIG', 'bob CONFIG']);
    feeds.configChanged();
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    feeds.profilesInvalidated(['ada']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reasons.slice(2)).toEqual(['ada CONFIG', 'bob CONFIG']);
  });

  it('notifies once for a repeated version, and never for an older one', async () => {
    vi.useFakeTimers();
    const { feeds, load, reasons, subscribe } = subscriptionsOver(
      profile('ada', 5, { totalInteractions: 5 }),
    );
    await subscribe();
    for (const version of [6, 4, 6]) {
      load.mockResolvedValueOnce([profile('ada', version, { totalInteractions: version })]);
      feeds.profilesInvalidated(['ada']);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(reasons).toEqual(['ada PROFILE']);
  });

  it('retries and notifies when a read fails', async () => {
    const { feeds, stored, load, lines, reasons, subscribe } = subscriptionsOver();
    await subscribe();
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    load.mockRejectedValueOnce(new Error('no database'));
    feeds.profilesInvalidated(['ada']);
    await settle();
    expect([reasons, lines.map(({ level }) => level)]).toEqual([[], [40]]);
    await vi.waitFor(() => expect(reasons).toEqual(['ada PROFILE']), { timeout: 5_000 });
  });

  it('notifies when the profile of another user cannot be decoded', async () => {
    const { feeds, stored, load, lines, reasons, subscribe } = subscriptionsOver();
    await subscribe('ada');
    await subscribe('bad');
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    const read = load.getMockImplementation();
    load.mockImplementation((userKeys) =>
      userKeys.includes('bad')
        ? Promise.reject(new UnreadableProfile('cut off'))
        : (read?.(userKeys) ?? Promise.resolve([])),
    );
    load.mockClear();
    feeds.profilesInvalidated(['bad', 'ada']);
    await settle();
    expect([reasons, lines.map(({ level }) => level)]).toEqual([['ada PROFILE'], [40]]);
    expect(load.mock.calls).toEqual([[['bad', 'ada']], [['bad']], [['ada']]]);
  });
});

it('releases a user without subscribers, and does not read the profile again', async () => {
  const { feeds, load } = subscriptionsOver();
  const streams = [await feeds.subscribe('ada'), await feeds.subscribe('ada')];
  await streams[0]?.return();
  expect(feeds.userCount).toBe(1);
  await streams[1]?.return();
  load.mockRejectedValueOnce(new Error('no database'));
  await expect(feeds.subscribe('ada')).rejects.toThrow('no database');
  expect(feeds.userCount).toBe(0);
  load.mockClear();
  feeds.profilesInvalidated(['ada']);
  feeds.allProfilesInvalidated();
  await settle();
  expect(load).not.toHaveBeenCalled();
});
