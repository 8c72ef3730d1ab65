/** Whose profiles changed. */
export type Changes = readonly string[] | 'everyone';

export interface InvalidationMessage {
  /** Id of the replica that says so. */
  readonly origin: string;
  readonly changes: Changes;
}

/** PostgreSQL takes a NOTIFY of less than 8,000 bytes. */
const MAX_BYTES = 7_999;

const EVERYONE = '*';

/**
 * The messages that tell of changes, each `[origin, [userKey, …]]` or `[origin, "*"]` as JSON of less than 8,000
 * bytes, in the order of the keys. No keys give one message that names nobody.
 *
 * @param changes keys of at most 128 characters.
 */
export function encodeInvalidations(origin: string, changes: Changes): string[] {
  const prefix = `[${JSON.stringify(origin)},`;
  if (changes === 'everyone') return [`${prefix}"${EVERYONE}"]`];
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

/** Reads what {@link encodeInvalidations} wrote; undefined if it is anything else. */
export function decodeInvalidation(payload: string): InvalidationMessage | undefined {
  const message = parseJson(payload);
  if (!Array.isArray(message)) return undefined;
  const [origin, changes] = message as unknown[];
  if (typeof origin !== 'string') return undefined;
  if (changes === EVERYONE) return { origin, changes: 'everyone' };
  return isListOfTexts(changes) ? { origin, changes } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
