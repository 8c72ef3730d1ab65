import type { z } from 'zod';
import type { Market } from '../domain/market.js';
import type { CheckedInteraction } from './interaction-input.js';

/** A valid event and its market. */
export interface EventOfMarket {
  readonly input: CheckedInteraction;
  readonly market: Market;
}

/** Why an item of a batch is rejected. */
export interface ItemFault {
  /** Path of the invalid value within the item; empty if the item itself is invalid. */
  readonly field: string;
  /** One sentence. */
  readonly reason: string;
}

/** An item of a batch: an event that can be recorded, or a fault. */
export type JudgedItem =
  | { readonly event: EventOfMarket; readonly fault?: never }
  | { readonly event?: never; readonly fault: ItemFault };

/**
 * Validates each item on its own and looks up its market.
 *
 * @throws {BellwetherError} UNAVAILABLE if a market that is not open cannot be read.
 */
export async function judgeItems(
  items: readonly unknown[],
  schema: z.ZodType<CheckedInteraction>,
  markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> },
): Promise<JudgedItem[]> {
  const parsed = items.map((item) => schema.safeParse(item));
  const ids = [...new Set(parsed.flatMap(({ data }) => data?.marketId ?? []))];
  const found = await markets.findByIds(ids);
  const byId = new Map(ids.map((id, index) => [id, found[index]]));
  return parsed.map(({ data, error }): JudgedItem => {
    if (data === undefined) return { fault: faultOf(error) };
    const market = byId.get(data.marketId);
    if (market !== undefined) return { event: { input: data, market } };
    return { fault: { field: 'marketId', reason: noMarket(data.marketId) } };
  });
}

/** The items without those that repeat the market of an earlier valid one. */
export function distinctMarkets(items: readonly JudgedItem[]): JudgedItem[] {
  const seen = new Set<string>();
  return items.filter(({ event }) => {
    if (event === undefined) return true;
    const isNew = !seen.has(event.market.id);
    seen.add(event.market.id);
    return isNew;
  });
}

export function noMarket(id: string): string {
  return `There is no market "${id}".`;
}

function faultOf({ issues: [issue] }: z.ZodError): ItemFault {
  const field = issue?.path.join('.') ?? '';
  return { field, reason: `${field === '' ? 'The item' : field} ${issue?.message ?? 'is not valid'}.` };
}
