import { describe, expect, it } from 'vitest';
import { apiKeyHash, createApiKey, isApiKey } from '../../../src/auth/api-key.js';
import { ApiKeys } from '../../../src/auth/api-keys.js';
import type { StoredApiKey } from '../../../src/storage/api-key-repository.js';

describe('an API key', () => {
  it('has the prefix, 24 random bytes, and a checksum', () => {
    const keys = Array.from({ length: 100 }, createApiKey);
    for (const key of keys) expect(key).toMatch(/^bwk_[0-9a-f]{56}$/);
    expect(new Set(keys).size).toBe(100);
    expect(keys.every(isApiKey)).toBe(true);
  });

  it('is recognized by its checksum', () => {
    const key = createApiKey();
    const digits = Array.from(key.slice(4));
    for (const [index, digit] of digits.entries()) {
      const changed = digits.with(index, digit === '0' ? '1' : '0').join('');
      expect(isApiKey(`bwk_${changed}`)).toBe(false);
    }
  });

  it.each([
    '',
    'bwk_',
    createApiKey().slice(4),
    ` ${createApiKey()}`,
    `${createApiKey()}\n`,
    createApiKey().toUpperCase(),
  ])('is no other text: "%s"', (text) => expect(isApiKey(text)).toBe(false));
});

describe('the API keys in memory', () => {
  const stored = (key: string, changes: Partial<StoredApiKey> = {}): StoredApiKey => ({
    ...{ id: 'k1', name: 'backend', role: 'SERVICE', hash: apiKeyHash(key), ending: key.slice(-4) },
    ...{ createdAt: new Date(0), revokedAt: null, ...changes },
  });

  it('find the viewer of a key after a refresh, without a read for any request', async () => {
    const key = createApiKey();
    let reads = 0;
    const keys = new ApiKeys({ list: () => Promise.resolve([stored(key)].slice(0, ++reads)) });
    expect([keys.find(key), keys.exist]).toEqual([undefined, false]);
    await keys.refresh();
    expect(keys.find(key)).toEqual({ role: 'SERVICE', id: 'k1', expiresAtMs: null });
    for (let other = 0; other < 1_000; other++) expect(keys.find(createApiKey())).toBeUndefined();
    expect(reads).toBe(1);
  });

  it('do not find a revoked key, and still exist', async () => {
    const key = createApiKey();
    const keys = new ApiKeys({ list: () => Promise.resolve([stored(key, { revokedAt: new Date(1) })]) });
    await keys.refresh();
    expect([keys.find(key), keys.exist]).toEqual([undefined, true]);
  });

  it('do not find a key whose hash only begins like a stored one', async () => {
    const key = createApiKey();
    const hash = apiKeyHash(key);
    hash[31] = (hash[31] ?? 0) ^ 1;
    const keys = new ApiKeys({ list: () => Promise.resolve([stored(key, { hash })]) });
    await keys.refresh();
    expect(keys.find(key)).toBeUndefined();
  });

  it('stay as they were while the database does not respond', async () => {
    const key = createApiKey();
    const answers = [Promise.resolve([stored(key)])];
    const keys = new ApiKeys({ list: () => answers.shift() ?? Promise.reject(new Error('down')) });
    await keys.refresh();
    await expect(keys.refresh()).rejects.toThrow('down');
    expect(keys.find(key)).toBeDefined();
  });
});
