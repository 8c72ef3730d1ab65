/** A market's figures now and before; null where one is not known. */
export interface MomentumFigures {
  /** 0–1. */
  readonly probability: number | null;
  readonly probability1hAgo: number | null;
  readonly probability24hAgo: number | null;
  /** In the site's own unit, 0 and up. */
  readonly volume24h: number;
  readonly volume24hADayAgo: number | null;
  readonly participantCount: number;
  readonly participantCount24hAgo: number | null;
}

/** How a market's figures changed. */
export interface Momentum {
  /** p − p an hour ago, −1 to 1; null when either is not known. */
  readonly oddsChange1h: number | null;
  /** p − p a day ago, −1 to 1; null when either is not known. */
  readonly oddsChange24h: number | null;
  /** The volume of the last 24 hours by that of the 24 hours up to a day ago; 1 when that cannot be said. */
  readonly volumeSpike: number;
  /** How many more took part than a day ago; null when that is not known. */
  readonly participantDelta24h: number | null;
}

/** How a market moved within an hour and a day. */
export function momentum(figures: MomentumFigures): Momentum {
  const { probability, volume24h, volume24hADayAgo, participantCount, participantCount24hAgo } = figures;
  return {
    oddsChange1h: difference(probability, figures.probability1hAgo),
    oddsChange24h: difference(probability, figures.probability24hAgo),
    volumeSpike: quotient(volume24h, volume24hADayAgo ?? 0),
    participantDelta24h: difference(participantCount, participantCount24hAgo),
  };
}

function difference(now: number | null, before: number | null): number | null {
  return now === null || before === null ? null : now - before;
}

/** 1 where it is not a number that can be stored, such as for a volume that was next to nothing. */
function quotient(now: number, before: number): number {
  const value = now / before;
  return before > 0 && Number.isFinite(value) ? value : 1;
}
