import { timingSafeEqual } from 'node:crypto';
import type { ApiKeyRepository, StoredApiKey } from '../storage/api-key-repository.js';
import { apiKeyHash, isApiKey } from './api-key.js';
import type { Viewer } from './viewer.js';

/** Bytes of a hash by which keys are found. The comparison of the whole hash then takes the same time for every key. */
const INDEX_BYTES = 8;

/**
 * The API keys of a deployment, in memory, so that a request costs no read. A key that is created or revoked counts from
 * the next {@link refresh} on. While the database does not respond, the keys stay as they were read last.
 */
export class ApiKeys {
  #byHash: ReadonlyMap<string, StoredApiKey> = new Map();
  #activeIds: ReadonlySet<string> = new Set();
  #exist = false;

  constructor(private readonly repository: Pick<ApiKeyRepository, 'list'>) {}

  /** Whether a key was ever created. Revoking the last key does not make the gateway open. */
  get exist(): boolean {
    return this.#exist;
  }

  /** Returns the viewer of a valid key. */
  find(key: string): Viewer | undefined {
    if (!isApiKey(key)) return undefined;
    const hash = apiKeyHash(key);
    const stored = this.#byHash.get(indexOf(hash));
    if (stored === undefined || !timingSafeEqual(stored.hash, hash)) return undefined;
    return { role: stored.role, id: stored.id, expiresAtMs: null };
  }

  /** Whether a key that was valid still is. */
  isActive(id: string): boolean {
    return this.#activeIds.has(id);
  }

  /** Reads the keys. */
  async refresh(): Promise<void> {
    const keys = await this.repository.list();
    const active = keys.filter(({ revokedAt }) => revokedAt === null);
    this.#byHash = new Map(active.map((key) => [indexOf(key.hash), key]));
    this.#activeIds = new Set(active.map(({ id }) => id));
    this.#exist = keys.length > 0;
  }
}

function indexOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, INDEX_BYTES).toString('latin1');
}
