import { beforeEach, describe, expect, it } from 'vitest';
import { PrivacySync } from '../../../src/privacy/privacy-sync.js';
import { ERASED, OPTED_OUT } from '../../../src/privacy/user-flags.js';
import { UserRegister } from '../../../src/privacy/user-register.js';
import type { NumberedChange } from '../../../src/storage/privacy/privacy-change-repository.js';
import { recordingLogger } from '../../support/log-lines.js';

const pseudonymOf = (userKey: string): string =>
  `u_${Buffer.from(userKey.padEnd(24, '.')).toString('base64url')}`;

/** The tables, as one or more replicas see them. */
class Database {
  elapsedMs = 0;
  isDown = false;
  readonly changes: NumberedChange[] = [];
  readonly optedOutKeys = new Set<string>();
  readonly replicas = new Map<string, { seenAtMs: number; applied: bigint }>();

  store(userKey: string, flags: number): bigint {
    if (flags === OPTED_OUT) this.optedOutKeys.add(userKey);
    const seq = BigInt(this.changes.length + 1);
    this.changes.push({ seq, userHash: pseudonymOf(userKey), userKey, flags });
    return seq;
  }

  readonly repository = {
    follow: (id: string, applied: bigint) => {
      if (this.isDown) return Promise.reject(new Error('connection refused'));
      this.replicas.set(id, { seenAtMs: this.elapsedMs, applied });
      return Promise.resolve(this.changes.filter(({ seq }) => seq > applied));
    },
    last: () => Promise.resolve(this.changes.at(-1)?.seq ?? 0n),
    behind: (seq: bigint, withinMs: number) =>
      Promise.resolve(
        [...this.replicas.values()].filter(
          ({ seenAtMs, applied }) => applied < seq && seenAtMs > this.elapsedMs - withinMs,
        ).length,
      ),
    forgetKeys: (userKeys: readonly string[]) => {
      this.changes.forEach((change, index) => {
        if (userKeys.includes(change.userKey ?? '')) this.changes[index] = { ...change, userKey: null };
      });
      return Promise.resolve();
    },
    removeReplica: (id: string) => Promise.resolve(void this.replicas.delete(id)),
    optedOut: (after: string) =>
      Promise.resolve(
        [...this.optedOutKeys]
          .filter((userKey) => userKey > after)
          .map((userKey) => ({ userKey, dataSharingConsent: false })),
      ),
    retired: () => Promise.resolve([]),
  };
}

let database: Database;

function openReplica(replicaId: string) {
  const dropped: (readonly string[] | 'all')[] = [];
  const register: UserRegister = new UserRegister({
    pseudonymOf,
    findRetired: () => Promise.resolve(undefined),
    isCurrent: () => sync.isCurrent,
  });
  const sync = new PrivacySync({
    ...{ register, changes: database.repository, replicaId, pseudonymOf, clock: () => 0 },
    dropData: (userKeys) => {
      if (userKeys.length > 0) dropped.push(userKeys);
      return Promise.resolve();
    },
    wakeOthers: () => undefined,
    elapsed: () => database.elapsedMs,
    logger: recordingLogger().logger,
  });
  return {
    register,
    sync,
    dropped,
    kindOf: async (key: string) => (await register.treatmentOf(key, 'FOLLOW')).kind,
  };
}

beforeEach(() => {
  database = new Database();
});

describe('a replica', () => {
  it('knows no user before it has read the flags of all users', async () => {
    database.store('ada', OPTED_OUT);
    const { sync, kindOf } = openReplica('a');
    expect(await kindOf('ada')).toBe('UNKNOWN');
    await sync.catchUp();
    expect([await kindOf('ada'), await kindOf('ben')]).toEqual(['OPTED_OUT', 'ACTIVE']);
  });

  it('applies a change, drops the data of its user, and then reports it as applied', async () => {
    const { sync, kindOf, dropped } = openReplica('a');
    await sync.catchUp();
    dropped.length = 0;
    const seq = database.store('ada', ERASED);
    await sync.catchUp();
    expect(await kindOf('ada')).toBe('ERASED');
    expect(dropped).toEqual([['ada']]);
    expect(database.replicas.get('a')?.applied).toBe(seq);
  });

  it('that has not reached the database for more than 10 s knows no user', async () => {
    const { sync, kindOf } = openReplica('a');
    await sync.catchUp();
    database.isDown = true;
    database.elapsedMs += 10_000;
    await expect(sync.catchUp()).rejects.toThrow('connection refused');
    expect(await kindOf('ada')).toBe('ACTIVE');
    database.elapsedMs += 1;
    expect(await kindOf('ada')).toBe('UNKNOWN');
  });

  it('reads everything and drops all data when it is back, because it may have missed a key', async () => {
    const { sync, kindOf, dropped } = openReplica('a');
    await sync.catchUp();
    dropped.length = 0;
    database.elapsedMs += 11_001;
    const other = openReplica('b');
    await other.sync.confirm(database.store('ada', OPTED_OUT), ['ada']);
    expect(await kindOf('ada')).toBe('UNKNOWN');
    await sync.catchUp();
    expect(await kindOf('ada')).toBe('OPTED_OUT');
    expect(dropped).toEqual(['all']);
  });
});

describe('a change', () => {
  it('is confirmed when every running replica has applied it; then its key is removed', async () => {
    const [a, b] = [openReplica('a'), openReplica('b')];
    await a.sync.catchUp();
    await b.sync.catchUp();
    let isConfirmed = false;
    const confirmed = a.sync
      .confirm(database.store('ada', OPTED_OUT), ['ada'])
      .then(() => (isConfirmed = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(isConfirmed).toBe(false);
    expect(database.changes[0]?.userKey).toBe('ada');
    await b.sync.catchUp();
    await confirmed;
    expect(await b.kindOf('ada')).toBe('OPTED_OUT');
    expect(database.changes[0]?.userKey).toBeNull();
  });

  it('is confirmed without a replica that was not seen for 11 s, which knows no user by then', async () => {
    const [a, b] = [openReplica('a'), openReplica('b')];
    await a.sync.catchUp();
    await b.sync.catchUp();
    database.elapsedMs += 11_001;
    await a.sync.confirm(database.store('ada', OPTED_OUT), ['ada']);
    expect(await b.kindOf('ada')).toBe('UNKNOWN');
  });

  it('that a running replica does not apply is not confirmed', async () => {
    const [a, b] = [openReplica('a'), openReplica('b')];
    await a.sync.catchUp();
    await b.sync.catchUp();
    const confirmed = a.sync.confirm(database.store('ada', OPTED_OUT), ['ada']);
    const timer = setInterval(() => {
      database.elapsedMs += 1_000;
      database.replicas.set('b', { seenAtMs: database.elapsedMs, applied: 0n });
    }, 5);
    await expect(confirmed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    clearInterval(timer);
  });
});
