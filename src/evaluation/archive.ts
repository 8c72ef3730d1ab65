import type { Market } from '../domain/market.js';
import type { EventType } from '../domain/event.js';

/** The recorded history of a site in replay order. Times are whole milliseconds since 1970. */
export interface Archive {
  /** Ordered by id. The index of a market is its number. */
  readonly markets: readonly ArchivedMarket[];
  /** In order of time. Events of the same instant have an order that does not depend on the order of the input lines. */
  readonly events: readonly ArchivedEvent[];
  /** In order of time. */
  readonly prices: readonly ArchivedPrice[];
}

export interface ArchivedMarket extends MarketLifetime {
  /** The market as created. Fields that only later days could fill are empty: odds, volumes, editorial fields, status. */
  readonly market: Market;
}

export interface MarketLifetime {
  readonly createdAtMs: number;
  /** From this instant on, it could not be traded; infinite when the archive does not say. */
  readonly endsAtMs: number;
}

export interface ArchivedEvent {
  readonly atMs: number;
  readonly userKey: string;
  /** Number of the market. */
  readonly market: number;
  readonly eventType: EventType;
  readonly dwellMs: number | null;
  readonly country: string | null;
  readonly stake: number | null;
}

/** Odds and volume of a market at an instant. */
export interface ArchivedPrice {
  readonly atMs: number;
  /** Number of the market. */
  readonly market: number;
  /** 0–1; null when unknown, and for a market with several outcomes. */
  readonly probability: number | null;
  /** NaN if unknown. */
  readonly volume24h: number;
}

/** Whether a market could be traded at an instant. */
export function isOpenAt({ createdAtMs, endsAtMs }: MarketLifetime, nowMs: number): boolean {
  return createdAtMs <= nowMs && nowMs < endsAtMs;
}
