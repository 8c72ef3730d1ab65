import { applyMarketInput } from '../catalog/market-input.js';
import type { Market } from '../domain/market.js';
import type { CandidateMarket } from './rank-request.js';

/** A market that the caller describes, as if it were stored and open; one without a time of creation is new. */
export function describedMarket(candidate: CandidateMarket, nowMs: number): Market {
  return applyMarketInput(undefined, candidate, new Date(nowMs));
}
