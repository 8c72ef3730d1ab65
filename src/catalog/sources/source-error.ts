import { truncated, visible } from '../../lib/input/display-text.js';

/** A failed poll of a source. The message is one sentence and never contains the query of a URL, which may hold a key. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  /** The unparsed `Retry-After` header of a response that reports overload; undefined without one. */
  readonly retryAfter: string | undefined;

  constructor(message: string, details: { retryAfter?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.retryAfter = details.retryAfter;
  }
}

/** Maximum size of the part of an error response that is read. */
const MAX_BYTES = 4_096;
/** Maximum length of the extracted message. */
const MAX_CHARACTERS = 300;

/** Shorter query values, such as `limit=50`, are too short for a key, and would match ordinary words of a message. */
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
    // The caller reports the status of the response in any case.
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

/** The first non-empty text in the fields of {@link MESSAGE_FIELDS}, at any depth. */
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

/** Masks the query of the URL and its values in a text, because servers quote them in errors. */
function withoutQuery(text: string, url: URL): string {
  const secrets = [url.search, ...url.searchParams.values()].filter(
    ({ length }) => length >= MIN_SECRET_LENGTH,
  );
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
}
