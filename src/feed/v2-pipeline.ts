import type { CatalogEntry, CatalogSnapshot } from '../catalog/catalog.js';
import type { TrendColumns } from '../scoring/v2/features.js';
import type { ScoresV2 } from '../scoring/v2/scorer.js';
import { badgeOf } from './badge.js';
import type { ComposedFeed, ComposedItem, RestItem } from './composed-feed.js';
import { bestPersonal } from './composition/best-personal.js';
import { compose } from './composition/compose.js';
import { continuation } from './composition/continuation.js';
import type { PageInput, PageItem } from './composition/page-input.js';
import { isPersonalized } from './is-personalized.js';
import { knownUser } from './known-user.js';
import type { PageKeys } from './page-keys.js';
import { pastLookup } from './past-lookup.js';
import type { RankersV2 } from './rankers-v2.js';
import { seedOf, type RankingInputs } from './ranking-inputs.js';

/**
 * The stages of a feed by algorithm v2 after everything was read: the rows of the catalog are scored, those that must
 * not be shown are left out, and the page is composed of the rest.
 */
export function composeV2(inputs: RankingInputs, v2: RankersV2): ComposedFeed {
  const { snapshot, config } = inputs;
  const trend = trendOf(inputs);
  const scored = scoreRows(inputs, v2);
  const input = pageInput(inputs, scored, v2.keys);
  const ranked = bestPersonal(input, config.feed.pageDepth);
  const page = compose(input, ranked);
  const rest = continuation(ranked, page, config.feed.pageDepth);
  return {
    items: page.items.map((placed) => composedItem(placed, inputs, scored, trend)),
    rest: Array.from(rest, (row) => restItem(entryAt(snapshot, row))),
    notes: page.notes,
  };
}

/** The scores of all rows of the catalog; valid until the next ranking. */
export function scoreRows(inputs: RankingInputs, v2: RankersV2): ScoresV2 {
  const { snapshot, config, nowMs } = inputs;
  const past = pastLookup(inputs);
  return v2.scorerFor(config).score(snapshot.columns, trendOf(inputs), knownUser(inputs), past, nowMs);
}

function pageInput(inputs: RankingInputs, scored: ScoresV2, keys: PageKeys): PageInput {
  const { snapshot, config, limit } = inputs;
  const { columns, entries } = snapshot;
  keys.fill(inputs, scored);
  return {
    eligible: keys.eligible,
    keys: {
      PERSONAL: scored.final,
      TRENDING: keys.trending,
      LOCAL: trendOf(inputs).local === null ? null : keys.local,
      RISING: keys.rising,
    },
    explorationWeight: keys.exploration,
    columns,
    hasImage: (row) => entries[row]?.market.imageUrl != null,
    personalized: isPersonalized(inputs),
    limit,
    seed: seedOf(inputs),
    config: config.feed,
  };
}

function composedItem(
  { row, slot, propensity }: PageItem,
  { snapshot, nowMs, config }: RankingInputs,
  scored: ScoresV2,
  { global, local }: TrendColumns,
): ComposedItem {
  const entry = entryAt(snapshot, row);
  const seen = {
    moved: scored.changed[row] === 1,
    resolvesAtMs: entry.resolvesAtMs,
    createdAtMs: entry.scoring.createdAtMs,
    trending: Math.max(global[row] as number, local?.[row] ?? 0),
  };
  return {
    market: entry.market,
    scores: scored.parts(row),
    slot,
    propensity,
    badge: badgeOf(seen, nowMs, config.feed.badges),
  };
}

function entryAt({ entries }: CatalogSnapshot, row: number): CatalogEntry {
  const entry = entries[row];
  if (entry === undefined) throw new Error('A composed row is not in the catalog.');
  return entry;
}

function restItem({ market: { id: marketId, number } }: CatalogEntry): RestItem {
  return { marketId, number };
}

function trendOf({ trends, snapshot, country }: RankingInputs): TrendColumns {
  return trends.columns(snapshot.columns, country);
}
