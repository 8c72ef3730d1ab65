import { createHash } from 'node:crypto';
import type { CollaborativeMethod } from '../../domain/collaborative.js';
import { tryTransactionLock, type Connection } from '../sql.js';

/** A published version of the collaborative model, without its content. */
export interface StoredCollaborativeModel {
  readonly version: number;
  readonly publishedAt: Date;
  /** It counts interactions up to this one. */
  readonly seq: bigint;
  readonly bytes: number;
  readonly checksum: Uint8Array;
}

/** Versions that are stored: replicas may be reading the one before the latest. */
const VERSIONS = 3;

/** So that no statement reads or writes more than a few milliseconds' worth. */
const PART_BYTES = 1_048_576;

const WITHOUT_CONTENT = { version: true, publishedAt: true, seq: true, bytes: true, checksum: true } as const;

/** The versions of the collaborative model. */
export class CollaborativeRepository {
  constructor(private readonly connection: Connection) {}

  /** Returns the latest version of a method; null without one. */
  latest(method: CollaborativeMethod): Promise<StoredCollaborativeModel | null> {
    return this.connection.collaborativeModel.findFirst({
      where: { method },
      orderBy: { version: 'desc' },
      select: WITHOUT_CONTENT,
    });
  }

  /** Returns the latest version of a method that counts only interactions before this one; null without one. */
  latestBefore(method: CollaborativeMethod, seq: bigint): Promise<StoredCollaborativeModel | null> {
    return this.connection.collaborativeModel.findFirst({
      where: { method, seq: { lt: seq } },
      orderBy: { version: 'desc' },
      select: WITHOUT_CONTENT,
    });
  }

  /**
   * Reads the content of a version, part by part.
   *
   * @returns null if the version was removed in the meantime.
   * @throws if the content is not what was published.
   */
  async content(model: StoredCollaborativeModel): Promise<Uint8Array<ArrayBuffer> | null> {
    const { version, bytes, checksum } = model;
    const content = new Uint8Array(bytes);
    const hash = createHash('sha256');
    for (let part = 0; part * PART_BYTES < bytes; part += 1) {
      const stored = await this.connection.collaborativeModelPart.findUnique({
        where: { version_part: { version, part } },
        select: { content: true },
      });
      if (stored === null) return null;
      const expected = Math.min(PART_BYTES, bytes - part * PART_BYTES);
      if (stored.content.length !== expected) throw damaged(version);
      hash.update(stored.content);
      content.set(stored.content, part * PART_BYTES);
    }
    if (!hash.digest().equals(checksum)) throw damaged(version);
    return content;
  }

  /**
   * Takes the lock of publishing until the transaction ends.
   *
   * @returns false if another process holds it.
   */
  tryLock(): Promise<boolean> {
    return tryTransactionLock(this.connection, 'collaborative');
  }

  /** Stores a new version, removes old ones, and returns its number. Requires the lock. */
  async publish(model: {
    readonly method: CollaborativeMethod;
    readonly publishedAt: Date;
    readonly seq: bigint;
    readonly content: Uint8Array<ArrayBuffer>;
  }): Promise<number> {
    const { method, publishedAt, seq, content } = model;
    const checksum = new Uint8Array(createHash('sha256').update(content).digest());
    const { version } = await this.connection.collaborativeModel.create({
      data: { method, publishedAt, seq, bytes: content.length, checksum },
      select: { version: true },
    });
    for (let part = 0; part * PART_BYTES < content.length; part += 1) {
      await this.connection.collaborativeModelPart.create({
        data: { version, part, content: content.slice(part * PART_BYTES, (part + 1) * PART_BYTES) },
        select: { version: true },
      });
    }
    await this.#prune();
    return version;
  }

  async #prune(): Promise<void> {
    const kept = await this.connection.collaborativeModel.findMany({
      orderBy: { version: 'desc' },
      take: VERSIONS,
      select: { version: true },
    });
    await this.connection.collaborativeModel.deleteMany({
      where: { version: { lt: kept.at(-1)?.version ?? 0 } },
    });
  }
}

function damaged(version: number): Error {
  return new Error(
    `Version ${version} of the collaborative model is damaged. Run the job "collaborative" to publish another one.`,
  );
}
