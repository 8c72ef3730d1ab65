import { visible } from '../../lib/input/control-characters.js';
import { truncated } from '../../lib/input/truncate.js';

const MOST_BYTES = 4_096;
const MOST_CHARACTERS = 300;

/** Shorter values of a query are no keys, and would be found in any text. */
const SHORTEST_KEY = 6;

/** Where sites say why they reject a request, most specific first. */
const FIELDS = ['message', 'error', 'detail', 'error_description', 'title', 'reason', 'errors', 'type'];

/**
 * Why a site rejects a request, in its own words: at most 300 characters on one line, without control characters and
 * without the values of the query, which may hold a key. Null when it gives no such text, or a page for people.
 */
export async function refusalText(response: Response, url: URL): Promise<string | null> {
  const body = (await beginningOf(response)).trim();
  if (body === '' || body.startsWith('<')) return null;
  const text = (messageIn(parsed(body)) ?? body).replace(/\s+/g, ' ').trim();
  return truncated(visible(withoutQuery(text, url)), MOST_CHARACTERS);
}

/** What can be read of it: a site that rejects a request may also break off. */
async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MOST_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(chunks).subarray(0, MOST_BYTES).toString();
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function messageIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return messageIn(value[0]);
  for (const field of FIELDS) {
    const message = messageIn((value as Record<string, unknown>)[field]);
    if (message !== undefined) return message;
  }
  return undefined;
}

function withoutQuery(text: string, url: URL): string {
  const secrets = [url.search, ...url.searchParams.values()].filter(({ length }) => length >= SHORTEST_KEY);
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
}
