/** Keys of the users whose profiles changed, or `all` if there are too many. */
export type Changes = readonly string[] | 'all';

interface InvalidationMessage {
  /** Id of the replica that sent it. */
  readonly origin: string;
  /** `privacy`: privacy changes were stored. */
  readonly changes: Changes | 'privacy';
}

/** PostgreSQL accepts a NOTIFY of less than 8,000 bytes. */
const MAX_BYTES = 7_999;

const ALL = '*';
const PRIVACY = 'privacy';

/**
 * Encodes changes as messages, each `[origin, [userKey, …]]` or `[origin, "*"]` as JSON of less than 8,000 bytes, in the
 * order of the keys. Without keys, returns one message with an empty list.
 *
 * @param changes keys of at most 128 characters.
 */
export function encodeInvalidations(origin: string, changes: Changes): string[] {
  const prefix = `[${JSON.stringify(origin)},`;
  if (changes === 'all') return [`${prefix}"${ALL}"]`];
  const room = MAX_BYTES - Buffer.byteLength(`${prefix}[]]`);
  const messages: string[] = [];
  let keys: string[] = [];
  let bytes = 0;
  const finish = (): void => {
    messages.push(`${prefix}[${keys.join(',')}]]`);
    keys = [];
    bytes = 0;
  };
  for (const userKey of changes) {
    const key = JSON.stringify(userKey);
    const added = Buffer.byteLength(key) + 1;
    if (keys.length > 0 && bytes + added > room) finish();
    keys.push(key);
    bytes += added;
  }
  if (keys.length > 0 || messages.length === 0) finish();
  return messages;
}

/** Encodes the message that privacy changes were stored: `[origin, "privacy"]`. */
export function encodePrivacyMessage(origin: string): string {
  return JSON.stringify([origin, PRIVACY]);
}

/** Decodes a message; undefined for anything else. */
export function decodeInvalidation(payload: string): InvalidationMessage | undefined {
  const message = parseJson(payload);
  if (!Array.isArray(message)) return undefined;
  const [origin, changes] = message as unknown[];
  if (typeof origin !== 'string') return undefined;
  if (changes === ALL) return { origin, changes: 'all' };
  if (changes === PRIVACY) return { origin, changes };
  return isStringArray(changes) ? { origin, changes } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Maximum number of pending keys: about 1 MB. */
const MAX_KEYS = 10_000;

/** The changes that have not been sent yet. More than {@link MAX_KEYS} keys become `all`. */
export class PendingInvalidations {
  #keys = new Set<string>();
  #all = false;

  get isEmpty(): boolean {
    return !this.#all && this.#keys.size === 0;
  }

  add(changes: Changes): void {
    if (this.#all) return;
    if (changes !== 'all') for (const userKey of changes) this.#keys.add(userKey);
    if (changes !== 'all' && this.#keys.size <= MAX_KEYS) return;
    this.#all = true;
    this.#keys.clear();
  }

  /** Returns and clears the pending changes; undefined if there are none. */
  take(): Changes | undefined {
    if (this.#all) {
      this.#all = false;
      return 'all';
    }
    if (this.#keys.size === 0) return undefined;
    const keys = [...this.#keys];
    this.#keys.clear();
    return keys;
  }
}
