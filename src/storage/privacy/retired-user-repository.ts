import type { Connection } from '../sql.js';

/** A user key that gets no data of its own. */
export interface RetiredUser {
  /** Pseudonym of the retired key. */
  readonly userHash: string;
  /** The user that it was merged into; null: erased. */
  readonly userKey: string | null;
  readonly retiredAt: Date;
  readonly until: Date;
}

/** Tombstones of erased users, and aliases of merged ones. SQL where two columns are compared, or rows are locked. */
export class RetiredUserRepository {
  constructor(private readonly connection: Connection) {}

  async find(userHash: string): Promise<RetiredUser | undefined> {
    return (await this.connection.retiredUser.findUnique({ where: { userHash } })) ?? undefined;
  }

  async save({ userHash, ...retired }: RetiredUser): Promise<void> {
    await this.connection.retiredUser.upsert({
      where: { userHash },
      create: { userHash, ...retired },
      update: retired,
    });
  }

  /** Returns the pseudonyms of the keys that were merged into a user. */
  async aliasesOf(userKey: string): Promise<string[]> {
    const rows = await this.connection.retiredUser.findMany({
      where: { userKey },
      select: { userHash: true },
    });
    return rows.map(({ userHash }) => userHash);
  }

  /** Returns when each of these users was erased; users who were not are left out. */
  async erasedAt(userHashes: readonly string[]): Promise<Map<string, Date>> {
    const rows = await this.connection.retiredUser.findMany({
      where: { userHash: { in: [...userHashes] }, userKey: null },
      select: { userHash: true, retiredAt: true },
    });
    return new Map(rows.map(({ userHash, retiredAt }) => [userHash, retiredAt]));
  }

  /**
   * Returns some keys whose retirement has ended and not been {@link release released}. Locks them until the transaction ends,
   * so that no retirement begins again in between; leaves out those that another transaction locks.
   */
  ended(at: Date, limit: number): Promise<RetiredUser[]> {
    return this.connection.$queryRaw<RetiredUser[]>`
      select user_hash as "userHash", user_key as "userKey", retired_at as "retiredAt", until
      from retired_users where until <= ${at} and until > retired_at order by until limit ${limit}
      for update skip locked`;
  }

  /** Removes aliases. Of tombstones, keeps the time of the erasure: older events stay ignored in imports. */
  async release(userHashes: readonly string[]): Promise<void> {
    const where = { userHash: { in: [...userHashes] } };
    await this.connection.retiredUser.deleteMany({ where: { ...where, userKey: { not: null } } });
    await this.connection.$executeRaw`
      update retired_users set until = retired_at where user_hash = any(${[...userHashes]})`;
  }
}
