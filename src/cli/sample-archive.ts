import type { Archive } from '../evaluation/archive.js';
import { ArchiveBuilder, type ArchiveIntake } from '../evaluation/archive-builder.js';
import { simulateOddsHistory } from '../sample/odds-history.js';
import { loadSampleCatalog } from '../sample/sample-catalog.js';
import { simulateUsers } from '../sample/simulate-users.js';
import { SAMPLE_DEFAULTS } from './load-sample.js';

/** Whatever the date, so that numbers of two days can be compared. */
const SAMPLE_NOW_MS = Date.parse('2026-01-01T00:00:00Z');

/** The sample world as `bellwether sample` would load it at a fixed instant. */
export function sampleArchive(): { archive: Archive; intake: ArchiveIntake } {
  const options = { ...SAMPLE_DEFAULTS, nowMs: SAMPLE_NOW_MS };
  const markets = loadSampleCatalog(SAMPLE_NOW_MS);
  const builder = new ArchiveBuilder();
  let line = 0;
  for (const market of markets) builder.add({ kind: 'market', line: ++line, market, dates: {} }, 'sample');
  for (const interaction of simulateUsers(markets, { ...options, users: options.people }).interactions) {
    builder.add({ kind: 'interaction', line: ++line, interaction }, 'sample');
  }
  for (const { marketId, atMs, probability, volume24h } of simulateOddsHistory(markets, options)) {
    builder.addPrice({ marketId, atMs, probability, volume24h });
  }
  return builder.finish();
}
