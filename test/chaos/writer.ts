import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { graphql, type GraphqlAnswer } from './graphql.js';
import { pick, randomEvent, type SentEvent } from './random-event.js';

const SENDERS = 8;
const MAX_BATCH = 40;
const RETRY_AFTER_MS = 50;
/** One in this many acknowledged requests is repeated. */
const REPEAT_ONE_IN = 10;

const fields = 'interactionId status';
const single = `mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { ${fields} } }`;
const batch = `mutation ($inputs: [BatchInteractionInput!]!) {
  trackInteractions(input: { interactions: $inputs }) { results { ${fields} } } }`;

/** Result of a valid event. */
interface Receipt {
  readonly interactionId: string;
  readonly status: string;
}

/**
 * A load generator with several senders. Each sends one request at a time, with one event or a batch. A sender
 * retries until its events are acknowledged, and repeats some acknowledged events.
 */
export class Writer {
  /** Ids of acknowledged interactions by client event id. */
  readonly acknowledged = new Map<string, string>();
  /** Client event ids that were sent at least once. */
  readonly sent = new Set<string>();
  /** Responses that violate the contract. */
  readonly faults: string[] = [];
  /** Number of requests with the result UNAVAILABLE. */
  unavailable = 0;
  /** Number of requests without a response, because the connection failed. */
  unreachable = 0;
  slowestMs = 0;
  readonly #options: { url: () => string; userKeys: readonly string[]; name: string; rng: RandomGenerator };
  readonly #senders: Promise<void>[];
  readonly #giveUp = new AbortController();
  #stopped = false;

  /** @param options.name begins every client event id. */
  constructor(options: {
    url: () => string;
    userKeys: readonly string[];
    name: string;
    rng: RandomGenerator;
  }) {
    this.#options = options;
    this.#senders = Array.from({ length: SENDERS }, () => this.#send());
  }

  /** Sends no new events, and resolves when all are acknowledged or the time is over. */
  async finish(withinMs: number): Promise<void> {
    this.#stopped = true;
    const timer = setTimeout(() => this.#giveUp.abort(), withinMs);
    await Promise.all(this.#senders);
    clearTimeout(timer);
  }

  async #send(): Promise<void> {
    const { rng } = this.#options;
    while (!this.#stopped) {
      const events = this.#compose();
      await this.#untilAcknowledged(events);
      if (uniformInt(rng, 1, REPEAT_ONE_IN) === 1) await this.#untilAcknowledged(events);
    }
  }

  #compose(): SentEvent[] {
    const { rng, userKeys, name } = this.#options;
    const size = pick(rng, [1, 1, uniformInt(rng, 2, MAX_BATCH)]);
    return Array.from({ length: size }, () => {
      const clientEventId = `${name}-${this.sent.size}`;
      this.sent.add(clientEventId);
      return randomEvent(rng, userKeys, clientEventId);
    });
  }

  async #untilAcknowledged(events: readonly SentEvent[]): Promise<void> {
    while (!(await this.#sendOnce(events)) && !this.#giveUp.signal.aborted) await sleep(RETRY_AFTER_MS);
  }

  async #sendOnce(events: readonly SentEvent[]): Promise<boolean> {
    const startedAt = performance.now();
    try {
      const [input] = events;
      const answer = await (events.length === 1
        ? graphql(this.#options.url(), single, { input })
        : graphql(this.#options.url(), batch, { inputs: events }));
      return this.#check(events, answer);
    } catch (error) {
      if (error instanceof DOMException) this.faults.push(`no response in time: ${error.message}`);
      else this.unreachable += 1;
      return false;
    } finally {
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
    }
  }

  #check(events: readonly SentEvent[], { data, errors }: GraphqlAnswer): boolean {
    if (errors !== undefined) {
      this.unavailable += 1;
      const others = errors.filter(({ extensions }) => extensions?.code !== 'UNAVAILABLE');
      if (others.length > 0) this.faults.push(JSON.stringify(others));
      return false;
    }
    const ofBatch = data?.['trackInteractions'] as { readonly results: readonly Receipt[] } | undefined;
    const receipts = ofBatch?.results ?? [data?.['trackInteraction'] as Receipt];
    events.forEach(({ clientEventId }, index) => this.#acknowledge(clientEventId, receipts[index]));
    return true;
  }

  #acknowledge(clientEventId: string, receipt: Receipt | undefined): void {
    const before = this.acknowledged.get(clientEventId);
    const isRepeated = before !== undefined;
    const isRight = isRepeated
      ? receipt?.status === 'DUPLICATE' && receipt.interactionId === before
      : receipt?.status === 'RECORDED' || receipt?.status === 'DUPLICATE';
    if (!isRight) {
      const known = isRepeated ? `acknowledged before as ${before}` : 'new';
      this.faults.push(`${clientEventId}, ${known}, returned ${JSON.stringify(receipt)}`);
    }
    if (receipt !== undefined) this.acknowledged.set(clientEventId, receipt.interactionId);
  }
}
