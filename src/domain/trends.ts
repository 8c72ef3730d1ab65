/** Number of events on a market within 5 minutes, 1 hour, and 24 hours. */
export interface RecentActivity {
  /** VIEW_MARKET and CLICK. */
  readonly views5m: number;
  readonly views1h: number;
  readonly views24h: number;
  /** PARTICIPATE. */
  readonly participations5m: number;
  readonly participations1h: number;
  readonly participations24h: number;
}

/** Changes of a market's probability, volume, and participants. */
export interface Momentum {
  /** Probability now minus that of an hour ago, −1 to 1; null if either is unknown. */
  readonly probabilityChange1h: number | null;
  /** Probability now minus that of 24 hours ago, −1 to 1; null if either is unknown. */
  readonly probabilityChange24h: number | null;
  /** `volume24h` divided by its value 24 hours ago; null if either is unknown, or the earlier one is 0. */
  readonly volumeRatio24h: number | null;
  /** Participants now minus those of 24 hours ago; null if either is unknown. */
  readonly participantChange24h: number | null;
}

/** Activity and momentum of an open market, as a job computed them. */
export interface MarketMomentum extends RecentActivity, Momentum {
  readonly marketId: string;
  /** 0–1; null if unknown. */
  readonly probability24hAgo: number | null;
  readonly computedAt: Date;
}

/** Exposure of a market within 7 days, and its popularity. */
export interface MarketExposure {
  readonly marketId: string;
  readonly impressions: number;
  /** VIEW_MARKET and CLICK. */
  readonly clicks: number;
  /** Decayed, capped sum of event weights over distinct users, 0 or more. */
  readonly popularity: number;
}
