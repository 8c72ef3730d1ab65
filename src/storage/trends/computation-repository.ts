import { tryTransactionLock, type Connection } from '../sql.js';

/** The trends that jobs compute on a schedule over all markets. */
export const COMPUTATIONS = ['trends', 'momentum', 'attention'] as const;

export type ComputationName = (typeof COMPUTATIONS)[number];

/** The latest run of a computation. */
export interface Computation {
  /** Grows with every run. */
  readonly version: number;
  /** The instant as of which it was computed. */
  readonly computedAt: Date;
}

/** The latest run of each computation. */
export class ComputationRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Takes the lock of a computation until the transaction ends.
   *
   * @returns false if another process holds it.
   */
  tryLock(name: ComputationName): Promise<boolean> {
    return tryTransactionLock(this.connection, 'computation', name);
  }

  /** Records a run as of an instant. */
  async recordRun(name: ComputationName, computedAt: Date): Promise<void> {
    await this.connection.computation.upsert({
      where: { name },
      create: { name, version: 1, computedAt },
      update: { version: { increment: 1 }, computedAt },
    });
  }

  /** Returns the latest run of each computation that ever ran, by name. */
  async latest(): Promise<Map<string, Computation>> {
    const rows = await this.connection.computation.findMany();
    return new Map(rows.map(({ name, version, computedAt }) => [name, { version, computedAt }]));
  }
}
