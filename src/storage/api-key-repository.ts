import type { ApiKeyRole } from '../generated/prisma/client.js';
import type { Connection } from './sql.js';

/** API key as it is stored: without the key itself. */
export interface StoredApiKey {
  readonly id: string;
  /** Chosen by the operator. */
  readonly name: string;
  readonly role: ApiKeyRole;
  /** SHA-256 of the key. */
  readonly hash: Uint8Array<ArrayBuffer>;
  /** Last four characters of the key. */
  readonly ending: string;
  readonly createdAt: Date;
  /** Null: the key is valid. */
  readonly revokedAt: Date | null;
}

export class ApiKeyRepository {
  constructor(private readonly connection: Connection) {}

  async add(key: Omit<StoredApiKey, 'revokedAt'>): Promise<void> {
    await this.connection.apiKey.create({ data: key });
  }

  /** Returns all keys, oldest first, with the revoked ones. */
  list(): Promise<StoredApiKey[]> {
    return this.connection.apiKey.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  }

  /** Returns whether the key exists and was not revoked before. */
  async revoke(id: string, revokedAt: Date): Promise<boolean> {
    const { count } = await this.connection.apiKey.updateMany({
      where: { id, revokedAt: null },
      data: { revokedAt },
    });
    return count > 0;
  }
}
