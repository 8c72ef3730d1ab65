import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { errorMessage, OperatorError } from '../../lib/errors.js';
import { declaredEncoding } from '../../lib/input/encoding.js';
import { responseErrorText, SourceError } from './source-error.js';

const MEGABYTE = 1024 * 1024;
const PIECE_BYTES = 16 * 1024;
const MAX_REDIRECTS = 3;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
/** Statuses of a busy server, which may come with `Retry-After`. */
const BUSY_STATUSES = [429, 503];

/** HTTP validators of the stored version of a page. */
interface Validators {
  readonly etag?: string | undefined;
  /** Only without an ETag, which also distinguishes changes within a second. */
  readonly lastModified?: string | undefined;
}

interface PageRequest {
  readonly url: URL;
  /** Name of the page in messages. */
  readonly page: string;
  /** Validators of the stored version; empty for an unconditional request. */
  readonly validators: Validators;
  readonly userAgent: string;
  readonly timeoutSeconds: number;
  /** Limit after decompression. */
  readonly maxMegabytes: number;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
}

/** The current page, or null if it has not changed since the validators. */
type FetchedPage<Content> = { readonly content: Content; readonly validators: Validators } | null;

/**
 * Requests a page and parses it while it arrives, in the encoding that the site declares. Follows at most 3 redirects
 * within the configured host, and none from https to http.
 *
 * @throws {SourceError} if the response is missing, incomplete, too slow, too large, or invalid; the reason of the signal if
 *   the signal ended the request.
 */
export async function fetchPage<Content>(
  request: PageRequest,
  parse: (body: Readable, encoding: string | undefined) => Promise<Content>,
): Promise<FetchedPage<Content>> {
  const deadline = AbortSignal.timeout(Math.ceil(request.timeoutSeconds * 1_000));
  const done = new AbortController();
  const signal = AbortSignal.any([request.signal, deadline, done.signal]);
  try {
    const response = await followRedirects(request, signal);
    if (response.status === 304) return null;
    if (response.status !== 200 || response.body === null) throw await statusError(request, response);
    const content = await parse(
      Readable.from(inPieces(request, response.body as AsyncIterable<Uint8Array>), {
        ...{ objectMode: false, highWaterMark: PIECE_BYTES },
      }),
      declaredEncoding(response.headers.get('content-type')),
    );
    return { content, validators: validatorsOf(response.headers) };
  } catch (error) {
    request.signal.throwIfAborted();
    throw toSourceError(request, deadline.aborted, error);
  } finally {
    // Releases the connection if the response was not read to its end.
    done.abort();
  }
}

async function followRedirects(request: PageRequest, signal: AbortSignal): Promise<Response> {
  let url = request.url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await request.fetch(url, {
      headers: headersOf(request),
      redirect: 'manual',
      signal,
    });
    const location = response.headers.get('location');
    if (!REDIRECT_STATUSES.includes(response.status) || location === null) return response;
    await response.body?.cancel();
    url = redirectTarget(url, location);
  }
  throw new SourceError(`${request.url.host} redirects ${request.page} more than ${MAX_REDIRECTS} times.`);
}

function redirectTarget(from: URL, location: string): URL {
  const to = URL.parse(location, from);
  if (to === null) throw new SourceError(`${from.host} redirects to an invalid URL.`);
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:' && to.hostname === from.hostname;
  if (to.origin === from.origin || isUpgrade) return to;
  throw new SourceError(
    `${from.host} redirects to ${to.protocol}//${to.host}; to follow it, set it as the url of the source.`,
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

/** Yields to the event loop between pieces, because a server may send faster than the parser reads. */
async function* inPieces(
  { url, page, maxMegabytes }: PageRequest,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxMegabytes * MEGABYTE) {
      throw new SourceError(`${url.host} returned more than ${maxMegabytes} MB for ${page}, the maximum.`);
    }
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      yield chunk.subarray(start, start + PIECE_BYTES);
      await setImmediate();
    }
  }
}

async function statusError({ url, page }: PageRequest, response: Response): Promise<SourceError> {
  const status = `${response.status} ${STATUS_CODES[response.status] ?? ''}`.trim();
  const retryAfter = BUSY_STATUSES.includes(response.status) ? response.headers.get('retry-after') : null;
  const text = await responseErrorText(response, url);
  const quoted = text === null ? '' : `: "${text}"`;
  return new SourceError(`${url.host} responded with ${status} for ${page}${quoted}.`, {
    retryAfter: retryAfter ?? undefined,
  });
}

function toSourceError(
  { url, page, timeoutSeconds }: PageRequest,
  isTimeout: boolean,
  error: unknown,
): SourceError {
  if (error instanceof SourceError) return error;
  if (isTimeout) return new SourceError(`${url.host} did not return ${page} within ${timeoutSeconds} s.`);
  if (error instanceof OperatorError) {
    return new SourceError(`${url.host} returned an unreadable ${page}: ${error.message}`, { cause: error });
  }
  return new SourceError(`${url.host} could not be reached for ${page}: ${errorMessage(error)}.`, {
    cause: error,
  });
}
