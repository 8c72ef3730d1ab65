import type { MarketRepository } from '../storage/markets/market-repository.js';
import { loadSampleCatalog } from '../sample/sample-catalog.js';

/** The `source` of the sample's markets until everything of it is stored. */
export const UNFINISHED_SAMPLE = 'sample, not yet complete';

/**
 * The instant up to which a sample was being loaded when something ended that; undefined when there is no
 * such sample. Loaded up to the same instant again, it has the same interactions and so counts none twice.
 */
export async function unfinishedSampleMs(
  markets: Pick<MarketRepository, 'findByIds'>,
  nowMs: number,
): Promise<number | undefined> {
  const createdAt = new Map(loadSampleCatalog(nowMs).map((market) => [market.id, market.createdAt]));
  const stored = await markets.findByIds([...createdAt.keys()]);
  const unfinished = stored.find(({ source }) => source === UNFINISHED_SAMPLE);
  if (unfinished === undefined) return undefined;
  return nowMs + unfinished.createdAt.getTime() - Date.parse(createdAt.get(unfinished.id) ?? '');
}
