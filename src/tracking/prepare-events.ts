import type { z } from 'zod';
import type { Market } from '../domain/market.js';
import { problemOf, type InputProblem } from '../lib/input/input-problem.js';
import { DAY_MS, MINUTE_MS } from '../lib/time.js';
import { eventWeight, type EventWeights } from '../scoring/shared/event-weight.js';
import type { ValidInteraction } from './event-input.js';
import type { PreparedEvent } from '../domain/event.js';

/** A valid event and its market. */
export interface EventOfMarket {
  readonly input: ValidInteraction;
  readonly market: Market;
}

/** An item of a batch after validation: an event that can be recorded, or the reason for its rejection. */
export type ValidatedItem =
  | { readonly event: EventOfMarket; readonly problem?: never }
  | { readonly event?: never; readonly problem: InputProblem };

/**
 * Validates each item on its own and looks up its market.
 *
 * @throws {BellwetherError} UNAVAILABLE if a market that is not open cannot be read.
 */
export async function validateItems(
  items: readonly unknown[],
  schema: z.ZodType<ValidInteraction>,
  markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> },
  mayRecordFor: (userKey: string) => boolean = () => true,
): Promise<ValidatedItem[]> {
  const parsed = items.map((item) => schema.safeParse(item));
  const ids = [...new Set(parsed.flatMap(({ data }) => data?.marketId ?? []))];
  const found = await markets.findByIds(ids);
  const byId = new Map(ids.map((id, index) => [id, found[index]]));
  return parsed.map(({ data, error }, index): ValidatedItem => {
    if (data === undefined) return { problem: problemOf(error, index) };
    if (!mayRecordFor(data.userKey)) {
      const message = 'userKey must name the user of the token.';
      return { problem: { index, field: 'userKey', code: 'FORBIDDEN', message } };
    }
    const market = byId.get(data.marketId);
    if (market !== undefined) return { event: { input: data, market } };
    const message = unknownMarket(data.marketId);
    return { problem: { index, field: 'marketId', code: 'UNKNOWN_MARKET', message } };
  });
}

/** Removes valid items that repeat the market of an earlier one. */
export function distinctMarkets(items: readonly ValidatedItem[]): ValidatedItem[] {
  const seen = new Set<string>();
  return items.filter(({ event }) => {
    if (event === undefined) return true;
    const isNew = !seen.has(event.market.id);
    seen.add(event.market.id);
    return isNew;
  });
}

export function unknownMarket(id: string): string {
  return `There is no market "${id}".`;
}

const MAX_AGE_MS = 7 * DAY_MS;
const MAX_FUTURE_MS = 5 * MINUTE_MS;

export interface PrepareOptions {
  readonly id: string;
  readonly nowMs: number;
  readonly weights: EventWeights;
  /** Whether `occurredAt` may be older than 7 days, as in an import. */
  readonly keepOldTime: boolean;
  /** The market's probability at the time of the event; null if unknown. */
  readonly probability: number | null;
}

/**
 * Prepares an event for storage: adds its weight and the state of its market, and clamps its time. A time more than 7 days
 * ago or more than 5 minutes ahead becomes the server's time, and the event is marked `clamped`.
 *
 * @returns the event. Its country is null if the client sent none; the commit then adds the one of the profile.
 */
export function prepareEvent(
  input: ValidInteraction,
  market: Market,
  options: PrepareOptions,
): PreparedEvent {
  const { id, nowMs, weights, keepOldTime, probability } = options;
  const occurredAtMs = input.occurredAt?.getTime() ?? nowMs;
  const tooOld = !keepOldTime && occurredAtMs < nowMs - MAX_AGE_MS;
  const clamped = tooOld || occurredAtMs > nowMs + MAX_FUTURE_MS;
  const dwellMs = input.dwellMs ?? null;
  const { volume24h } = market;
  return {
    interaction: {
      id,
      userKey: input.userKey,
      marketId: input.marketId,
      eventType: input.eventType,
      weight: eventWeight(input.eventType, dwellMs, weights),
      dwellMs,
      section: input.section ?? null,
      position: input.position ?? null,
      country: input.country ?? null,
      sessionId: input.sessionId ?? null,
      feedId: input.feedId ?? null,
      stake: input.stake ?? null,
      context: input.context ?? null,
      clientEventId: input.clientEventId ?? null,
      probability,
      volume24h,
      occurredAt: new Date(clamped ? nowMs : occurredAtMs),
      receivedAt: new Date(nowMs),
      clamped,
      attribution: null,
    },
    marketNumber: market.number,
    servingId: null,
  };
}
