import type { PrismaClient } from '../../generated/prisma/client.js';
import { DAY_MS } from '../../lib/time.js';
import { lockKeys } from '../sql.js';
import { recordMarketChanges, removeOldFigureChanges } from './market-sql.js';

/** The text vector of a market. */
export interface MarketVectorRow {
  readonly number: number;
  /** Name and version of the model that computed it, at most 64 characters. */
  readonly model: string;
  /** 512 signed bytes; empty for a title that the model cannot represent. */
  readonly values: Int8Array;
}

/** A title without a current vector. */
export interface UnencodedTitle {
  readonly number: number;
  readonly title: string;
  /** MD5 of the title, as a UUID. */
  readonly digest: string;
}

/** Time after its last change during which a market that is not open keeps its vector: users engaged with it. */
const KEPT_MS = 30 * DAY_MS;

/** The text vectors of markets. */
export class VectorRepository {
  constructor(private readonly prisma: PrismaClient) {}

  /**
   * Returns the vectors of those markets that are in `all`, and of those in `since` that were stored after a version.
   *
   * SQL: Prisma has no alternative of two conditions on the parameters that uses the key for both.
   */
  async find(
    all: readonly number[],
    since: { readonly numbers: readonly number[]; readonly version: bigint },
  ): Promise<MarketVectorRow[]> {
    const rows = await this.prisma.$queryRaw<StoredRow[]>`
      select market_number as number, model, vector from market_vectors
      where market_number = any(${[...all]}::int[])
        or (market_number = any(${[...since.numbers]}::int[]) and version > ${since.version})`;
    return rows.map(toVectorRow);
  }

  /** Returns the vectors of the markets with these ids, by id. SQL: joins tables that Prisma's schema does not relate. */
  async findByIds(ids: readonly string[]): Promise<ReadonlyMap<string, MarketVectorRow>> {
    const rows = await this.prisma.$queryRaw<(StoredRow & { id: string })[]>`
      select n.market_id as id, v.market_number as number, v.model, v.vector
      from market_numbers n join market_vectors v on v.market_number = n.number
      where n.market_id = any(${[...ids]})`;
    return new Map(rows.map((row) => [row.id, toVectorRow(row)]));
  }

  /**
   * Returns titles of open or paused markets without a vector of this model and of their present title, by number.
   *
   * SQL: an outer join of tables that Prisma's schema does not relate.
   */
  async unencoded(model: string, limit: number): Promise<UnencodedTitle[]> {
    return this.prisma.$queryRaw<UnencodedTitle[]>`
      select n.number, m.title, md5(m.title)::uuid::text as digest
      from markets m join market_numbers n on n.market_id = m.id
        left join market_vectors v on v.market_number = n.number
      where m.status in ('OPEN', 'PAUSED')
        and (v.market_number is null or v.model <> ${model} or v.title_digest <> md5(m.title)::uuid)
      order by n.number limit ${limit}`;
  }

  /**
   * Stores vectors of one model as a change of their markets, so that every replica reads them in the order of commits.
   *
   * SQL: one upsert of many rows, and versions from a sequence.
   */
  async store(
    model: string,
    vectors: readonly { readonly number: number; readonly digest: string; readonly values: Int8Array }[],
    now: Date,
  ): Promise<void> {
    const numbers = vectors.map(({ number }) => number);
    const digests = vectors.map(({ digest }) => digest);
    const bytes = vectors.map(({ values }) =>
      Buffer.from(values.buffer, values.byteOffset, values.byteLength),
    );
    await this.prisma.$transaction(
      async (tx) => {
        await tx.$executeRaw`select pg_advisory_xact_lock(${lockKeys('marketWriters')})`;
        await tx.$executeRaw`
          insert into market_vectors as v (market_number, model, title_digest, vector, version)
          select r.number, ${model}, r.digest, r.vector, nextval('market_version')
          from unnest(${numbers}::int[], ${digests}::uuid[], ${bytes}::bytea[]) as r(number, digest, vector)
          on conflict (market_number) do update set model = excluded.model, title_digest = excluded.title_digest,
            vector = excluded.vector, version = excluded.version`;
        await tx.$executeRaw(recordMarketChanges(numbers, now));
        await tx.$executeRaw(removeOldFigureChanges(now));
      },
      { timeout: 30_000, maxWait: 30_000 },
    );
  }

  /**
   * Removes vectors of markets that are gone, or that have not been open or paused for 30 days; at most `limit`.
   *
   * SQL: a deletion that joins tables.
   */
  async prune(now: Date, limit: number): Promise<number> {
    return this.prisma.$executeRaw`
      delete from market_vectors where market_number = any(array(
        select v.market_number from market_vectors v
        where not exists (
          select from market_numbers n join markets m on m.id = n.market_id
          where n.number = v.market_number
            and (m.status in ('OPEN', 'PAUSED') or m.updated_at > ${new Date(now.getTime() - KEPT_MS)}))
        limit ${limit}))`;
  }
}

interface StoredRow {
  readonly number: number;
  readonly model: string;
  readonly vector: Uint8Array;
}

function toVectorRow({ number, model, vector }: StoredRow): MarketVectorRow {
  return { number, model, values: new Int8Array(vector.buffer, vector.byteOffset, vector.byteLength) };
}
