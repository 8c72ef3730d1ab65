import { DAY_MS } from '../../lib/time.js';
import { tryTransactionLock, type Connection } from '../sql.js';

/** A published version of the ranking model, without its signals. */
export interface StoredModel {
  readonly version: number;
  readonly publishedAt: Date;
  /** It counts the interactions up to this one. */
  readonly seq: bigint;
  /** The state of the learner, as parsed JSON. */
  readonly state: unknown;
}

export interface StoredModelWithSignals extends StoredModel {
  /** Compressed; null if they are no longer stored. */
  readonly signals: Uint8Array | null;
  /** Evidence about explored markets, compressed; null if there is none, or if it is no longer stored. */
  readonly exploration: Uint8Array | null;
}

/** Latest versions that keep their signals and evidence: replicas may be reading the one before the latest. */
const VERSIONS_WITH_SIGNALS = 2;

const WITHOUT_SIGNALS = { version: true, publishedAt: true, seq: true, state: true } as const;

/** The versions of the ranking model. */
export class ModelRepository {
  constructor(private readonly connection: Connection) {}

  /** Returns the latest version; null before the first. */
  async latestVersion(): Promise<number | null> {
    const { _max: highest } = await this.connection.rankingModel.aggregate({ _max: { version: true } });
    return highest.version;
  }

  /** Returns the latest model; null before the first. */
  latest(): Promise<StoredModelWithSignals | null> {
    return this.connection.rankingModel.findFirst({ orderBy: { version: 'desc' } });
  }

  find(version: number): Promise<StoredModel | null> {
    return this.connection.rankingModel.findUnique({ where: { version }, select: WITHOUT_SIGNALS });
  }

  /** Returns the latest models, latest first. */
  list(limit: number): Promise<StoredModel[]> {
    return this.connection.rankingModel.findMany({
      orderBy: { version: 'desc' },
      take: limit,
      select: WITHOUT_SIGNALS,
    });
  }

  /**
   * Takes the lock of publishing until the transaction ends.
   *
   * @returns false if another process holds it.
   */
  tryLock(): Promise<boolean> {
    return tryTransactionLock(this.connection, 'models');
  }

  /** Stores a new version and returns its number. Requires the lock. */
  async publish(model: {
    readonly publishedAt: Date;
    readonly seq: bigint;
    readonly state: object;
    readonly signals: Uint8Array<ArrayBuffer>;
    readonly exploration: Uint8Array<ArrayBuffer> | null;
  }): Promise<number> {
    const { publishedAt, seq, state, signals, exploration } = model;
    const { version } = await this.connection.rankingModel.create({
      data: {
        ...{ publishedAt, seq, state },
        ...{ signals, exploration },
      },
      select: { version: true },
    });
    await this.connection.rankingModel.updateMany({
      where: { version: { lte: version - VERSIONS_WITH_SIGNALS }, NOT: { signals: null, exploration: null } },
      data: { signals: null, exploration: null },
    });
    return version;
  }

  /**
   * Removes versions that are older than a day, except the last of each day (UTC).
   *
   * SQL: compares rows of one table.
   */
  async prune(now: Date): Promise<number> {
    return this.connection.$executeRaw`
      delete from ranking_models m
      where m.published_at < ${new Date(now.getTime() - DAY_MS)} and exists (
        select from ranking_models later where later.version > m.version
          and date_trunc('day', later.published_at, 'UTC') = date_trunc('day', m.published_at, 'UTC'))`;
  }
}
