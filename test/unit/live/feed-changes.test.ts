import { afterEach, describe, expect, it, vi } from 'vitest';
import { FeedChanges } from '../../../src/live/feed-changes.js';
import { emptyProfile, type ProfileState } from '../../../src/domain/profile.js';
import { UnreadableProfile } from '../../../src/storage/profiles/packed-profile.js';
import { recordingLogger } from '../../support/log-lines.js';

function profile(userKey: string, version: number, details: Partial<ProfileState> = {}): ProfileState {
  return { ...emptyProfile(userKey), version, ...details };
}

const opened: FeedChanges[] = [];
afterEach(async () => {
  for (const changes of opened.splice(0)) await changes.close();
  vi.useRealTimers();
});

/** Changes over a store that holds these profiles, and can be changed. */
function changesOver(...states: readonly ProfileState[]) {
  const stored = new Map(states.map((state) => [state.userKey, state]));
  const load = vi.fn((userKeys: readonly string[]) =>
    Promise.resolve(userKeys.map((userKey) => stored.get(userKey) ?? emptyProfile(userKey))),
  );
  const { logger, lines } = recordingLogger();
  const changes = new FeedChanges({ profiles: { load }, clock: () => 0, logger, pauseMs: 1_000 });
  opened.push(changes);
  const reasons: string[] = [];
  const follow = async (userKey = 'ada'): Promise<void> => {
    const stream = await changes.follow(userKey);
    const listen = async (): Promise<void> => {
      for await (const { userKey: whose, reason } of stream) reasons.push(`${whose} ${reason}`);
    };
    void listen();
  };
  return { changes, stored, load, lines, reasons, follow };
}

/** Lets everything happen that needs no time. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a feed is told to have changed', () => {
  it.each<[what: string, details: Partial<ProfileState>, reasons: string[]]>([
    ['by an event', { totalInteractions: 4 }, ['ada PROFILE']],
    ['by another market that is hidden', { hidden: new Map([['b', 1]]) }, ['ada PROFILE']],
    [
      'by one hidden more',
      {
        hidden: new Map([
          ['a', 1],
          ['b', 1],
        ]),
      },
      ['ada PROFILE'],
    ],
    ['not by impressions', { impressions: new Map() }, []],
  ])('%s', async (_what, details, expected) => {
    const before = { totalInteractions: 3, hidden: new Map([['a', 1]]) };
    const { changes, stored, reasons, follow } = changesOver(profile('ada', 1, before));
    await follow();
    stored.set('ada', profile('ada', 2, { ...before, ...details }));
    stored.set('bob', profile('bob', 9, details));
    changes.invalidated(['ada', 'bob']);
    await settle();
    expect(reasons).toEqual(expected);
  });

  it('by an event that was recorded elsewhere', async () => {
    const { changes, stored, load, reasons, follow } = changesOver();
    await follow('ada');
    await follow('bob');
    load.mockClear();
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    changes.invalidated(['ada', 'bob', 'nobody who is followed']);
    await settle();
    expect(reasons).toEqual(['ada PROFILE']);
    expect(load.mock.calls).toEqual([[['ada', 'bob']]]);
  });

  it('by an event elsewhere of which no word came', async () => {
    const { changes, stored, reasons, follow } = changesOver();
    for (const userKey of ['ada', 'bob', 'eve']) await follow(userKey);
    stored.set('eve', profile('eve', 1, { totalInteractions: 1 }));
    changes.everyoneInvalidated();
    await settle();
    expect(reasons).toEqual(['eve PROFILE']);
  });

  it('by an event of which word came while the profile was being read', async () => {
    const { changes, stored, load, reasons, follow } = changesOver();
    await follow();
    const reading = Promise.withResolvers<ProfileState[]>();
    load.mockReturnValueOnce(reading.promise);
    changes.invalidated(['ada']);
    changes.invalidated(['ada']);
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    reading.resolve([emptyProfile('ada')]);
    await settle();
    expect(reasons).toEqual(['ada PROFILE']);
  });

  it.each([
    ['by an event that came while the profile was first read', 4, ['ada PROFILE']],
    ['not by one that came then and is in what was read', 3, []],
  ])('%s', async (_what, version, expected) => {
    const { changes, stored, load, reasons, follow } = changesOver();
    load.mockImplementationOnce(() => {
      stored.set('ada', profile('ada', version, { totalInteractions: version }));
      changes.invalidated(['ada']);
      return Promise.resolve([profile('ada', 3, { totalInteractions: 3 })]);
    });
    await follow();
    await settle();
    expect(reasons).toEqual(expected);
  });

  it('by a new config, which is the reason told when there are both', async () => {
    vi.useFakeTimers();
    const { changes, stored, reasons, follow } = changesOver();
    await follow('ada');
    await follow('bob');
    changes.configChanged();
    await vi.advanceTimersByTimeAsync(0);
    expect(reasons).toEqual(['ada CONFIG', 'bob CONFIG']);
    changes.configChanged();
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    changes.invalidated(['ada']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reasons.slice(2)).toEqual(['ada CONFIG', 'bob CONFIG']);
  });

  it('once by what is told twice, and never by what is old', async () => {
    vi.useFakeTimers();
    const { changes, load, reasons, follow } = changesOver(profile('ada', 5, { totalInteractions: 5 }));
    await follow();
    for (const version of [6, 4, 6]) {
      load.mockResolvedValueOnce([profile('ada', version, { totalInteractions: version })]);
      changes.invalidated(['ada']);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(reasons).toEqual(['ada PROFILE']);
  });

  it('late when the store cannot be read, but told', async () => {
    const { changes, stored, load, lines, reasons, follow } = changesOver();
    await follow();
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    load.mockRejectedValueOnce(new Error('no database'));
    changes.invalidated(['ada']);
    await settle();
    expect([reasons, lines.map(({ level }) => level)]).toEqual([[], [40]]);
    await vi.waitFor(() => expect(reasons).toEqual(['ada PROFILE']), { timeout: 5_000 });
  });

  it('nevertheless when the profile of another user cannot be decoded', async () => {
    const { changes, stored, load, lines, reasons, follow } = changesOver();
    await follow('ada');
    await follow('bad');
    stored.set('ada', profile('ada', 1, { totalInteractions: 1 }));
    const read = load.getMockImplementation();
    load.mockImplementation((userKeys) =>
      userKeys.includes('bad')
        ? Promise.reject(new UnreadableProfile('cut off'))
        : (read?.(userKeys) ?? Promise.resolve([])),
    );
    load.mockClear();
    changes.invalidated(['bad', 'ada']);
    await settle();
    expect([reasons, lines.map(({ level }) => level)]).toEqual([['ada PROFILE'], [40]]);
    expect(load.mock.calls).toEqual([[['bad', 'ada']], [['bad']], [['ada']]]);
  });
});

it('nobody is read or remembered whom nobody follows', async () => {
  const { changes, load } = changesOver();
  const streams = [await changes.follow('ada'), await changes.follow('ada')];
  await streams[0]?.return();
  expect(changes.followedPeople).toBe(1);
  await streams[1]?.return();
  load.mockRejectedValueOnce(new Error('no database'));
  await expect(changes.follow('ada')).rejects.toThrow('no database');
  expect(changes.followedPeople).toBe(0);
  load.mockClear();
  changes.invalidated(['ada']);
  changes.everyoneInvalidated();
  await settle();
  expect(load).not.toHaveBeenCalled();
});
