import { arrangePage } from './arrange-page.js';
import { explore } from './explore.js';
import { explorationPool } from './exploration-pool.js';
import { holdableLimits } from './holdable-limits.js';
import { LimitedPage } from './limited-page.js';
import { PageChoice } from './page-choice.js';
import type { ComposedPage, PageInput } from './page-input.js';
import { seededGenerator } from './seeded-generator.js';
import { SlotCandidates } from './slot-candidates.js';
import { slotQuotas } from './slot-quotas.js';
import { TopicOverlap } from './topic-overlap.js';

/** So many of the best for each place of the page: to be compared with each other, or because some are taken. */
const POOLED_PER_PLACE = { compared: 4, ordered: 2 };

const NO_ROWS = new Int32Array(0);

/**
 * A page of min(limit, eligible) markets, each once.
 *
 * The slots choose in turn within the limits (see `LimitedPage`), and only then is drawn what is explored, from a pool in
 * which everything fits: so the rest of the page is the same for every seed, and a propensity is the probability that the
 * market is shown at all. Last, the rows are arranged.
 *
 * @throws RangeError if the seed is not a whole number.
 */
export function compose(input: PageInput): ComposedPage {
  const { eligible, keys, columns, personalized, config, hasImage } = input;
  const length = Math.min(input.limit, eligible.length);
  if (length === 0) return { items: [], notes: [] };
  const { limits, front, notes } = holdableLimits(eligible, columns, config.diversity, length);
  const page = new LimitedPage(limits, columns, front);
  const taken = new Uint8Array(columns.size);
  const choice = new PageChoice(
    slotQuotas(config.quotas, length, { personalized, hasLocal: keys.LOCAL !== null }),
    slotCandidates(input, taken, length),
    page,
    taken,
  );

  choice.fill();
  const pool = (): Int32Array => {
    const picks = choice.shareOf('EXPLORATION');
    return picks === 0 ? NO_ROWS : explorationPool(input, page, taken, picks);
  };
  let explorable = pool();
  for (let short = lacking(); short > 0; short = lacking()) {
    choice.give('EXPLORATION', short);
    choice.fill();
    explorable = pool();
  }
  const explored = explore(
    explorable,
    input.explorationWeight,
    choice.shareOf('EXPLORATION'),
    seededGenerator(input.seed),
  );

  const chosen = { ...choice.chosen, EXPLORATION: explored.map(({ row }) => row) };
  const rows = [...page.rows, ...chosen.EXPLORATION];
  const emptyPage = (): LimitedPage => new LimitedPage(limits, columns, rows.slice(0, limits.categoryPlaces));
  const propensities = new Map(explored.map(({ row, propensity }) => [row, propensity]));
  return {
    items: arrangePage({ chosen, emptyPage, hasImage, personalized }).map(({ row, slot }) => ({
      row,
      slot,
      propensity: propensities.get(row) ?? null,
    })),
    notes: [...notes, ...choice.notes],
  };

  function lacking(): number {
    return choice.shareOf('EXPLORATION') - explorable.length;
  }
}

function slotCandidates(
  { eligible, keys, columns, config }: PageInput,
  taken: Uint8Array,
  length: number,
): Record<'PERSONAL' | 'TRENDING' | 'LOCAL' | 'RISING', SlotCandidates> {
  const overlap = new TopicOverlap(columns.topics);
  const candidates = (key: Float64Array, mmrLambda: number, above: number, rows = eligible): SlotCandidates =>
    new SlotCandidates({
      eligible: rows,
      order: { key, volumeTotal: columns.volumeTotal },
      above,
      poolSize: length * (mmrLambda < 1 ? POOLED_PER_PLACE.compared : POOLED_PER_PLACE.ordered),
      taken,
      mmrLambda,
      overlap,
    });
  return {
    PERSONAL: candidates(keys.PERSONAL, config.diversity.mmrLambda, -Infinity),
    TRENDING: candidates(keys.TRENDING, 1, 0),
    LOCAL: candidates(keys.LOCAL ?? keys.PERSONAL, 1, 0, keys.LOCAL === null ? NO_ROWS : eligible),
    RISING: candidates(keys.RISING, 1, 0),
  };
}
