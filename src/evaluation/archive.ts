import type { Market } from '../catalog/market.js';
import type { EventType } from '../domain/event.js';

/** The past of a site, in an order that can be replayed. Times are whole milliseconds since 1970. */
export interface Archive {
  /** Ordered by id; the place of a market here is its number. */
  readonly markets: readonly ArchivedMarket[];
  /** In order of time; those of one instant in an order that the order of the lines does not change. */
  readonly events: readonly ArchivedEvent[];
  /** In order of time. */
  readonly prices: readonly ArchivedPrice[];
}

export interface ArchivedMarket extends MarketLife {
  /** As it was made: what only later days could tell (odds, volumes, editorial work, status) is empty. */
  readonly market: Market;
}

export interface MarketLife {
  readonly createdAtMs: number;
  /** From when on it could not be traded any more; infinite when the archive does not say. */
  readonly endsAtMs: number;
}

export interface ArchivedEvent {
  readonly atMs: number;
  readonly userKey: string;
  /** The market's number. */
  readonly market: number;
  readonly eventType: EventType;
  readonly dwellMs: number | null;
  readonly country: string | null;
  readonly stake: number | null;
}

/** What the odds and the volume of a market were at an instant. */
export interface ArchivedPrice {
  readonly atMs: number;
  /** The market's number. */
  readonly market: number;
  /** 0–1; null when unknown, and for a market with several answers. */
  readonly probability: number | null;
  readonly volume24h: number;
}

/** Whether a market could be traded at an instant. */
export function isOpenAt({ createdAtMs, endsAtMs }: MarketLife, nowMs: number): boolean {
  return createdAtMs <= nowMs && nowMs < endsAtMs;
}
