import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { OperatorError } from '../../lib/errors.js';
import { declaredEncoding } from '../../lib/input/encoding.js';
import { refusalText } from './refusal-text.js';
import { SourceFailure } from './source-failure.js';

const MEGABYTE = 1024 * 1024;
const PIECE_BYTES = 16 * 1024;
const MOST_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
/** The answers that may come with `Retry-After`. */
const BUSY = [429, 503];

/** By what a server knows which state of a page we have. */
export interface Validators {
  readonly etag?: string | undefined;
  /** Only when there is no ETag, which tells changes within a second apart. */
  readonly lastModified?: string | undefined;
}

export interface PageRequest {
  readonly url: URL;
  /** What the page is called in messages. */
  readonly page: string;
  /** Of the state that we have; none asks for the whole page. */
  readonly validators: Validators;
  readonly userAgent: string;
  readonly timeoutSeconds: number;
  /** Decompressed. */
  readonly maxMegabytes: number;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
}

/** A page as it is now; null when it is as the validators have it. */
export type FetchedPage<Content> = { readonly content: Content; readonly validators: Validators } | null;

/**
 * Asks for a page and reads it while it comes, in the encoding that the site declares. A redirection is followed within the host that the operator named, and
 * not from https to http.
 *
 * @throws SourceFailure when the answer does not come, or not whole, in time, or is not what it must be; the reason of
 *   the signal when that is what ended it.
 */
export async function fetchPage<Content>(
  request: PageRequest,
  read: (body: Readable, encoding: string | undefined) => Promise<Content>,
): Promise<FetchedPage<Content>> {
  const deadline = AbortSignal.timeout(Math.ceil(request.timeoutSeconds * 1_000));
  const done = new AbortController();
  const signal = AbortSignal.any([request.signal, deadline, done.signal]);
  try {
    const response = await follow(request, signal);
    if (response.status === 304) return null;
    if (response.status !== 200 || response.body === null) throw await refusal(request, response);
    const content = await read(
      Readable.from(inPieces(request, response.body as AsyncIterable<Uint8Array>), {
        ...{ objectMode: false, highWaterMark: PIECE_BYTES },
      }),
      declaredEncoding(response.headers.get('content-type')),
    );
    return { content, validators: validatorsOf(response.headers) };
  } catch (error) {
    request.signal.throwIfAborted();
    throw failure(request, deadline.aborted, error);
  } finally {
    // Lets go of the connection when the answer was not read to its end.
    done.abort();
  }
}

async function follow(request: PageRequest, signal: AbortSignal): Promise<Response> {
  let url = request.url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await request.fetch(url, {
      headers: headersOf(request),
      redirect: 'manual',
      signal,
    });
    const location = response.headers.get('location');
    if (!REDIRECTS.includes(response.status) || location === null) return response;
    await response.body?.cancel();
    url = redirected(url, location);
  }
  throw new SourceFailure(`${request.url.host} redirects ${request.page} again and again.`);
}

function redirected(from: URL, location: string): URL {
  const to = URL.parse(location, from);
  if (to === null) throw new SourceFailure(`${from.host} redirects to what is no address.`);
  const isSafer = from.protocol === 'http:' && to.protocol === 'https:' && to.hostname === from.hostname;
  if (to.origin === from.origin || isSafer) return to;
  throw new SourceFailure(
    `${from.host} redirects to ${to.protocol}//${to.host}, which is followed only if it is the url of the source.`,
  );
}

function headersOf({ validators, userAgent }: PageRequest): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': userAgent,
    ...(validators.etag !== undefined && { 'if-none-match': validators.etag }),
    ...(validators.lastModified !== undefined && { 'if-modified-since': validators.lastModified }),
  };
}

function validatorsOf(headers: Headers): Validators {
  const etag = headers.get('etag');
  if (etag !== null) return { etag };
  const lastModified = headers.get('last-modified');
  return lastModified === null ? {} : { lastModified };
}

/** Between two pieces whatever else is waiting gets its turn: a server may send faster than we read. */
async function* inPieces(
  { url, page, maxMegabytes }: PageRequest,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxMegabytes * MEGABYTE) {
      throw new SourceFailure(`${url.host} gave more than ${maxMegabytes} MB as ${page}.`);
    }
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      yield chunk.subarray(start, start + PIECE_BYTES);
      await setImmediate();
    }
  }
}

async function refusal({ url, page }: PageRequest, response: Response): Promise<SourceFailure> {
  const status = `${response.status} ${STATUS_CODES[response.status] ?? ''}`.trim();
  const retryAfter = BUSY.includes(response.status) ? response.headers.get('retry-after') : null;
  const text = await refusalText(response, url);
  const told = text === null ? '.' : `: "${text}".`;
  return new SourceFailure(`${url.host} answered ${status} when asked for ${page}${told}`, {
    retryAfter: retryAfter ?? undefined,
  });
}

function failure({ url, page, timeoutSeconds }: PageRequest, isLate: boolean, error: unknown): SourceFailure {
  if (error instanceof SourceFailure) return error;
  if (isLate) return new SourceFailure(`${url.host} did not give ${page} within ${timeoutSeconds} s.`);
  if (error instanceof OperatorError) {
    return new SourceFailure(`${url.host} gave as ${page} what cannot be read: ${error.message}`, {
      cause: error,
    });
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new SourceFailure(`${url.host} cannot be reached for ${page}: ${reasonOf(cause)}.`, {
    cause: error,
  });
}

/** A host with several addresses that all fail gives an error with a code only. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message;
}
