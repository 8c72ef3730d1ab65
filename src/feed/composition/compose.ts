import { arrangePage } from './arrange-page.js';
import { bestPersonal, personalPoolSize, POOLED_PER_PLACE } from './best-personal.js';
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

const NO_ROWS = new Int32Array(0);

/**
 * A page of min(limit, eligible) markets, each once.
 *
 * The slots choose in turn within the limits (see `LimitedPage`), and only then is drawn what is explored, from a pool in
 * which everything fits: so the rest of the page is the same for every seed, and a propensity is the probability that the
 * market is shown at all. Last, the rows are arranged.
 *
 * @param ranked what `bestPersonal` gives for the input; whoever has it need not have it found again.
 * @throws RangeError if the seed is not a whole number.
 */
export function compose(input: PageInput, ranked = bestPersonal(input, 0)): ComposedPage {
  const { eligible, keys, columns, personalized, config, hasImage } = input;
  const length = Math.min(input.limit, eligible.length);
  if (length === 0) return { items: [], notes: [] };
  const { limits, front, notes } = holdableLimits(eligible, columns, config.diversity, length);
  const page = new LimitedPage(limits, columns, front);
  const taken = new Uint8Array(columns.size);
  const choice = new PageChoice(
    slotQuotas(config.quotas, length, { personalized, hasLocal: keys.LOCAL !== null }),
    slotCandidates(input, ranked, taken, length),
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
  input: PageInput,
  ranked: Int32Array,
  taken: Uint8Array,
  length: number,
): Record<'PERSONAL' | 'TRENDING' | 'LOCAL' | 'RISING', SlotCandidates> {
  const { eligible, keys, columns, config } = input;
  const { volumeTotal } = columns;
  const common = { taken, overlap: new TopicOverlap(columns.topics) };
  const byCrowd = (key: Float64Array | null): SlotCandidates =>
    new SlotCandidates({
      ...common,
      eligible: key === null ? NO_ROWS : eligible,
      order: { key: key ?? keys.PERSONAL, volumeTotal },
      above: 0,
      poolSize: length * POOLED_PER_PLACE.ordered,
      best: null,
      mmrLambda: 1,
    });
  const poolSize = personalPoolSize(input);
  const personal = new SlotCandidates({
    ...common,
    eligible,
    order: { key: keys.PERSONAL, volumeTotal },
    above: -Infinity,
    poolSize,
    best: ranked.subarray(0, poolSize),
    mmrLambda: config.diversity.mmrLambda,
  });
  return {
    PERSONAL: personal,
    TRENDING: byCrowd(keys.TRENDING),
    LOCAL: byCrowd(keys.LOCAL),
    RISING: byCrowd(keys.RISING),
  };
}
