import type { PrismaClient } from '../../generated/prisma/client.js';
import { lockKeys } from '../advisory-locks.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** What is computed over all markets on a schedule, each by itself. */
export const COMPUTATIONS = ['trends', 'momentum', 'attention'] as const;

export type ComputationName = (typeof COMPUTATIONS)[number];

/** A computation as it was last made. */
export interface Computation {
  /** Grows with every time. */
  readonly version: number;
  /** The instant as of which it was made. */
  readonly computedAt: Date;
}

/** When each computation was last made. */
export class ComputationRepository {
  constructor(private readonly connection: Connection) {}

  /** Takes the right to make a computation until the transaction ends; false when another process has it. */
  async tryLock(name: ComputationName): Promise<boolean> {
    const [row] = await this.connection.$queryRaw<{ locked: boolean }[]>`
      select pg_try_advisory_xact_lock(${lockKeys('computation', name)}) as locked`;
    return row?.locked === true;
  }

  /** Notes that a computation was made as of an instant. */
  async made(name: ComputationName, at: Date): Promise<void> {
    await this.connection.$executeRaw`
      insert into computations (name, version, computed_at) values (${name}, 1, ${at})
      on conflict (name) do update set version = computations.version + 1, computed_at = excluded.computed_at`;
  }

  /** Those that were ever made. */
  async lastMade(): Promise<Map<string, Computation>> {
    const rows = await this.connection.$queryRaw<(Computation & { name: string })[]>`
      select name, version, computed_at as "computedAt" from computations`;
    return new Map(rows.map(({ name, ...computation }) => [name, computation]));
  }
}
