import type { Logger } from '../../lib/logger.js';
import { SECOND_MS } from '../../lib/time.js';
import type { VectorRepository } from '../../storage/markets/vector-repository.js';
import { ENCODER_PACKAGES, type OpenTextEncoder, type TextEncoder } from './text-encoder.js';

/** Titles per transaction, which excludes writers of markets for a few milliseconds, and per call of the encoder. */
const BATCH = 100;
const TITLES_PER_CALL = 10;

/** Time after which a run ends; the next one continues. */
const RUN_WITHIN_MS = 50 * SECOND_MS;

/** Vectors that a run removes, at most. */
const MAX_PRUNED = 1_000;

export interface VectorSummary {
  /** Null: the packages are not installed. */
  readonly encoded: number | null;
  readonly removed: number;
}

/** Computes the missing text vectors of open and paused markets, and removes those of markets that closed long ago. */
export class VectorRun {
  #isReported = false;

  constructor(
    private readonly deps: {
      readonly vectors: Pick<VectorRepository, 'unencoded' | 'prune'>;
      /** Stores vectors on a connection that may write markets. */
      readonly writer: Pick<VectorRepository, 'store'>;
      readonly openEncoder: OpenTextEncoder;
      readonly logger: Logger;
    },
  ) {}

  async run({ now, signal }: { now: Date; signal: AbortSignal }): Promise<VectorSummary> {
    const removed = await this.deps.vectors.prune(now, MAX_PRUNED);
    const encoder = this.deps.openEncoder();
    if (encoder === null) {
      this.#reportMissing();
      return { encoded: null, removed };
    }
    try {
      return { encoded: await this.#encodeAll(encoder, now, signal), removed };
    } finally {
      await encoder.close();
    }
  }

  async #encodeAll(encoder: TextEncoder, now: Date, signal: AbortSignal): Promise<number> {
    const { vectors, writer } = this.deps;
    const untilMs = performance.now() + RUN_WITHIN_MS;
    let encoded = 0;
    while (!isAborted(signal) && performance.now() < untilMs) {
      const titles = await vectors.unencoded(encoder.model, BATCH);
      const values: Int8Array[] = [];
      for (let from = 0; from < titles.length; from += TITLES_PER_CALL) {
        if (isAborted(signal)) break;
        const some = titles.slice(from, from + TITLES_PER_CALL).map(({ title }) => title);
        values.push(...(await encoder.encode(some)));
      }
      const rows = titles
        .slice(0, values.length)
        .map(({ number, digest }, index) => ({ number, digest, values: values[index] as Int8Array }));
      if (rows.length > 0) await writer.store(encoder.model, rows, now);
      encoded += rows.length;
      if (titles.length < BATCH) break;
    }
    return encoded;
  }

  #reportMissing(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.deps.logger.warn(
      { install: `npm install ${ENCODER_PACKAGES.join(' ')}` },
      'text vectors are enabled, but their packages are not installed; rankings use words and topics',
    );
  }
}

/** A function, because a signal changes while the compiler assumes that it does not. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
