import { truncated, visible } from '../../lib/input/display-text.js';

/** A failed poll of a source. The message is one sentence and never contains the query of a URL, which may hold a key. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  /** The `Retry-After` header of a busy server. */
  readonly retryAfter: string | undefined;

  constructor(message: string, details: { retryAfter?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.retryAfter = details.retryAfter;
  }
}

const MAX_BYTES = 4_096;
const MAX_CHARACTERS = 300;

/** A shorter query value is no key, and could occur in any text. */
const MIN_SECRET_LENGTH = 6;

/** Fields in which sites explain an error, most specific first. */
const MESSAGE_FIELDS = [
  'message',
  'error',
  'detail',
  'error_description',
  'title',
  'reason',
  'errors',
  'type',
];

/**
 * Extracts the error message from the body of an error response: at most 300 characters on one line, without control
 * characters and without the values of the query. Null if the body is empty or an HTML page.
 */
export async function responseErrorText(response: Response, url: URL): Promise<string | null> {
  const body = (await firstBytes(response)).trim();
  if (body === '' || body.startsWith('<')) return null;
  const text = (findMessage(parseJson(body)) ?? body).replace(/\s+/g, ' ').trim();
  return truncated(visible(withoutQuery(text, url)), MAX_CHARACTERS);
}

/** Returns the bytes received so far if the connection breaks. */
async function firstBytes(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_BYTES) break;
    }
  } catch {
    // The status is reported without the text.
  }
  return Buffer.concat(chunks).subarray(0, MAX_BYTES).toString();
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function findMessage(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return findMessage(value[0]);
  for (const field of MESSAGE_FIELDS) {
    const message = findMessage((value as Record<string, unknown>)[field]);
    if (message !== undefined) return message;
  }
  return undefined;
}

function withoutQuery(text: string, url: URL): string {
  const secrets = [url.search, ...url.searchParams.values()].filter(
    ({ length }) => length >= MIN_SECRET_LENGTH,
  );
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
}
