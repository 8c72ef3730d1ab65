import { describe, expect, it } from 'vitest';
import { ChangePoll } from '../../../src/profiles/shared-profiles.js';
import type { ChangeMark, ProfileChanges } from '../../../src/storage/profiles/profile-change-repository.js';

/** Creates a poll over a database whose time, changes and error the test sets. The cache has `ada` at version 5. */
function createPoll() {
  const database: { atMs: number; changes: ProfileChanges['changes']; error?: Error } = {
    atMs: 0,
    changes: [],
  };
  const marks: (number | undefined)[] = [];
  const removed: number[] = [];
  const dropped: (readonly string[] | 'all')[] = [];
  const poll = new ChangePoll({
    changes: {
      since: (mark: ChangeMark | undefined) => {
        marks.push(mark?.atMs);
        if (database.error !== undefined) return Promise.reject(database.error);
        const { atMs, changes } = database;
        return Promise.resolve({ mark: { snapshot: `at ${atMs}`, atMs }, changes });
      },
      removeBefore: ({ atMs }) => Promise.resolve(removed.push(atMs)),
    },
    cache: { isBehind: (userKey, version) => userKey !== 'ada' || version > 5 },
    cached: {
      invalidate: (userKeys) => userKeys.length > 0 && dropped.push(userKeys),
      clear: () => dropped.push('all'),
    },
  });
  const pollAt = async (atMs: number, changes: ProfileChanges['changes'] = []) => {
    Object.assign(database, { atMs, changes });
    await poll.poll();
  };
  return { pollAt, database, marks, removed, dropped };
}

describe('ChangePoll', () => {
  it('drops all cached profiles at the first poll, then those that changed since the last poll', async () => {
    const { pollAt, marks, dropped } = createPoll();
    await pollAt(0);
    await pollAt(1_000, [{ userKey: 'ben', version: 2 }]);
    await pollAt(2_000);
    expect(dropped).toEqual(['all', ['ben']]);
    expect(marks).toEqual([undefined, 0, 1_000]);
  });

  it('keeps a cached profile when the changed version is not newer than the cached one', async () => {
    const { pollAt, dropped } = createPoll();
    await pollAt(0);
    await pollAt(1_000, [
      { userKey: 'ada', version: 4 },
      { userKey: 'ada', version: 5 },
    ]);
    await pollAt(2_000, [{ userKey: 'ada', version: 6 }]);
    expect(dropped).toEqual(['all', ['ada']]);
  });

  it.each([
    ['after a pause of more than 30 s', 30_001, []],
    ['when too many profiles changed to list them', 1_000, 'all' as const],
  ])('drops all cached profiles %s', async (_, atMs, changes) => {
    const { pollAt, dropped } = createPoll();
    await pollAt(0);
    await pollAt(atMs, changes);
    expect(dropped).toEqual(['all', 'all']);
  });

  it('drops all cached profiles at the next poll after a failed poll', async () => {
    const { pollAt, database, dropped } = createPoll();
    await pollAt(0);
    database.error = new Error('gone');
    await expect(pollAt(1_000)).rejects.toThrow('gone');
    expect(dropped).toEqual(['all']);
    delete database.error;
    await pollAt(2_000);
    expect(dropped).toEqual(['all', 'all']);
  });

  it('every 10 s, removes recorded changes older than a minute', async () => {
    const { pollAt, removed } = createPoll();
    for (let second = 0; second <= 90; second++) await pollAt(1_000 * second);
    // At 60 s, 70 s, 80 s and 90 s, it removes up to the mark of a minute before.
    expect(removed).toEqual([0, 10_000, 20_000, 30_000]);
  });
});
