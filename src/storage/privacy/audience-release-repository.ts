import type { PrivacyLoss } from '../../domain/privacy-loss.js';
import type { Connection } from '../sql.js';
import type { CellSet } from './audience-repository.js';

/** A cell of a release. */
export interface ReleasedCell {
  readonly topic: string;
  readonly label: string;
  readonly country: string | null;
  /** With noise. */
  readonly users: number;
}

/** The users of a set of cells on one day, with noise. Nothing of it is secret. */
export interface AudienceRelease extends CellSet, PrivacyLoss {
  /** Midnight UTC. */
  readonly day: Date;
  readonly releasedAt: Date;
  /** Distribution of the noise. */
  readonly noise: 'LAPLACE' | 'GAUSSIAN';
  readonly standardDeviation: number;
  readonly threshold: number;
  readonly cellsPerUser: number;
  /** Most users first. */
  readonly cells: readonly ReleasedCell[];
}

/** The releases, and the privacy budget of each day that they spend. */
export class AudienceReleaseRepository {
  constructor(private readonly connection: Connection) {}

  async find(day: Date, { kind, byCountry }: CellSet): Promise<AudienceRelease | null> {
    const row = await this.connection.audienceRelease.findUnique({
      where: { day_kind_byCountry: { day, kind, byCountry } },
    });
    if (row === null) return null;
    return {
      ...row,
      kind,
      noise: row.noise as AudienceRelease['noise'],
      cells: row.cells as unknown as ReleasedCell[],
    };
  }

  /** Returns the loss of all releases of the events of a day. */
  async spentOn(day: Date): Promise<PrivacyLoss> {
    const spent = await this.connection.privacyBudget.findUnique({ where: { day } });
    return spent ?? { epsilonMillionths: 0, deltaTrillionths: 0 };
  }

  /**
   * Stores a release unless the same cells of this day are stored, and returns whether it did. Waits for a concurrent
   * transaction that stores them.
   */
  async add(release: AudienceRelease): Promise<boolean> {
    const { cells, ...values } = release;
    const { count } = await this.connection.audienceRelease.createMany({
      data: [{ ...values, cells: cells.map((cell) => ({ ...cell })) }],
      skipDuplicates: true,
    });
    return count > 0;
  }

  /**
   * Adds a loss to those of a day if their sum, over all replicas, stays within the budget. Waits for concurrent
   * transactions of the same day.
   *
   * SQL: Prisma's upsert has no condition on the stored row.
   *
   * @returns whether it did.
   */
  async spend(day: Date, loss: PrivacyLoss, budget: PrivacyLoss): Promise<boolean> {
    const { epsilonMillionths: epsilon, deltaTrillionths: delta } = loss;
    // As text, because the time zone of the session would decide the date of an instant.
    const date = day.toISOString().slice(0, 10);
    const changed = await this.connection.$executeRaw`
      insert into privacy_budgets as b (day, epsilon_millionths, delta_trillionths)
      select ${date}::date, ${epsilon}::int, ${delta}::int
      where ${epsilon}::int <= ${budget.epsilonMillionths}::int and ${delta}::int <= ${budget.deltaTrillionths}::int
      on conflict (day) do update set epsilon_millionths = b.epsilon_millionths + excluded.epsilon_millionths,
        delta_trillionths = b.delta_trillionths + excluded.delta_trillionths
      where b.epsilon_millionths + excluded.epsilon_millionths <= ${budget.epsilonMillionths}::int
        and b.delta_trillionths + excluded.delta_trillionths <= ${budget.deltaTrillionths}::int`;
    return changed > 0;
  }
}
