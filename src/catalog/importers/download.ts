import { Readable } from 'node:stream';
import { OperatorError } from '../../lib/errors.js';
import { declaredEncoding } from '../../lib/input/encoding.js';

export interface Download {
  readonly body: Readable;
  /** As the server declares it; undefined when it does not. */
  readonly encoding: string | undefined;
}

/**
 * The body of what an http(s) address answers.
 *
 * @param timeoutMs how long the server may stay silent: before its answer, and between two pieces of it.
 * @throws OperatorError for another kind of address, a server that cannot be reached, an answer other
 *   than success; while the body is read, for a connection that breaks off or falls silent.
 */
export async function download(address: string, timeoutMs: number): Promise<Download> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new OperatorError(`Only http and https addresses can be imported, or a file.`);
  }
  const silence = new SilenceTimer(timeoutMs);
  const response = await fetch(url, { signal: silence.signal }).catch((error: unknown) => {
    silence.stop();
    throw failure(url, timeoutMs, silence, error);
  });
  if (!response.ok || !response.body) {
    silence.stop();
    await response.body?.cancel();
    throw new OperatorError(`${url.host} answered ${response.status} ${response.statusText}`.trim() + '.');
  }
  return {
    body: Readable.from(pieces(url, response.body, timeoutMs, silence), { objectMode: false }),
    encoding: declaredEncoding(response.headers.get('content-type')),
  };
}

async function* pieces(
  url: URL,
  body: AsyncIterable<Uint8Array>,
  timeoutMs: number,
  silence: SilenceTimer,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) {
      silence.stop();
      yield piece;
      silence.start();
    }
  } catch (error) {
    throw failure(url, timeoutMs, silence, error);
  } finally {
    silence.stop();
  }
}

function failure(url: URL, timeoutMs: number, silence: SilenceTimer, error: unknown): OperatorError {
  if (silence.signal.aborted) return new OperatorError(`${url.host} was silent for ${timeoutMs / 1000} s.`);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OperatorError(`${url.host} cannot be read: ${reason}.`, { cause: error });
}

/** Aborts its signal when it has run for the whole time. It runs from the start. */
class SilenceTimer {
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    this.#timer = setTimeout(() => this.#controller.abort(), this.#timeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
