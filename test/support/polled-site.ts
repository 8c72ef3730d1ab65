import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startMarketSite, type MarketSite } from './market-site.js';
import { openPolledCatalog, type PolledCatalog } from './polled-catalog.js';

/**
 * Gives each test of a file an empty catalog, whose clock shows `nowMs`, and a new market site.
 *
 * @param onOpened receives both before each test.
 */
export function usePolledSite(
  nowMs: number,
  onOpened: (opened: { readonly polled: PolledCatalog; readonly site: MarketSite }) => void,
): void {
  let polled: PolledCatalog;

  beforeAll(async () => {
    polled = await openPolledCatalog(nowMs);
  });

  beforeEach(async () => {
    polled.clock.nowMs = nowMs;
    polled.lines.length = 0;
    await polled.clear();
    const site = await startMarketSite();
    onOpened({ polled, site });
    return () => site.close();
  });

  afterAll(() => polled.close());
}
