import { byRelevance, type DiversityMethod } from './diversity/diversity-method.js';
import { dpp, DPP_POOL } from './diversity/dpp.js';
import { mmr } from './diversity/mmr.js';
import { explorationPool, seededGenerator } from './exploration.js';
import type { RowRanking } from './ranking.js';
import { relaxationNotes, satisfiableLimits, SlateLimits, type DiversityLimits } from './slate-limits.js';
import { SlotCandidates } from './slot-candidates.js';
import type { Slate, SlateColumns, SlateInput, SlateItem } from './slate.js';
import { slotQuotas, slotsByDeficit, SLOTS, zeroBySlot, type BySlot, type Slot } from './slots.js';

type RankedSlot = Exclude<Slot, 'EXPLORATION'>;

const NO_ROWS = new Int32Array(0);

/** Candidates per position: to compare with each other, and to replace rows that other slots took. */
const POOL_PER_POSITION = 4;

/** The eligible rows in the order of PERSONAL, best first: at least `depth` of them if there are so many. */
export function rankedRows(
  input: Pick<SlateInput, 'eligible' | 'rankings' | 'limit' | 'config'>,
  depth: number,
): Int32Array {
  return input.rankings.PERSONAL.best(Math.max(depth, personalPoolSize(input)), null);
}

/**
 * The continuation of a slate: the rows of `ranked` that are not on it, until slate and continuation together have `depth`
 * rows.
 *
 * @param ranked see {@link rankedRows}; at least the best `depth`.
 */
export function continuation(
  ranked: Int32Array,
  items: readonly Pick<SlateItem, 'row'>[],
  depth: number,
): Int32Array {
  const onSlate = items.map(({ row }) => row);
  const rest = new Int32Array(Math.min(ranked.length, Math.max(0, depth - items.length)));
  let count = 0;
  for (let i = 0; i < ranked.length && count < rest.length; i += 1) {
    const row = ranked[i] as number;
    if (!onSlate.includes(row)) rest[count++] = row;
  }
  return rest.subarray(0, count);
}

/**
 * Selects min(limit, eligible) rows in page order, each once.
 *
 * One greedy pass fills the positions from the top. Each position goes to the slot furthest behind its quota, and there
 * to its best row that the diversity limits admit. A position of EXPLORATION is left open. PERSONAL backfills what a slot
 * cannot fill. If no eligible row is admitted, the pass relaxes the limits (see `SlateLimits.relax`) and goes on.
 *
 * Exploration is sampled after the pass, from a pool in which every row fits. So the rest of the slate is the same for
 * every seed, and the propensity of an explored row is the probability that the slate has it at all.
 *
 * @param ranked the result of {@link rankedRows} for this input.
 * @throws {RangeError} if the seed is not an integer.
 */
export function selectSlate(input: SlateInput, ranked = rankedRows(input, 0)): Slate {
  const { eligible, columns, config, personalized, rankings } = input;
  const length = Math.min(input.limit, eligible.rows.length);
  if (length === 0) return { items: [], notes: [] };
  const limits = new SlateLimits(
    satisfiableLimits(eligible.rows, columns, config.diversity, length),
    columns,
  );
  const quotas = slotQuotas(config.quotas, length, { personalized, hasLocal: rankings.LOCAL !== null });
  const pass = new GreedyPass(input, ranked, limits, quotas, length);
  // Known before the pass, so that PERSONAL gets these positions where they are, not at the end of the page.
  pass.backfill('EXPLORATION', Math.max(0, quotas.EXPLORATION - explorableCount(input, quotas.EXPLORATION)));
  pass.fill();
  const pool = (): Int32Array => {
    const picks = pass.explorationQuota;
    const onSlate = pass.items.map(({ row }) => row);
    return picks === 0 ? NO_ROWS : explorationPool(input, limits, onSlate, picks);
  };
  let explorable = pool();
  while (explorable.length < pass.explorationQuota) {
    pass.backfill('EXPLORATION', pass.explorationQuota - explorable.length);
    pass.fill();
    explorable = pool();
  }
  const items: SlateItem[] = pass.items.map((item) => ({ ...item, propensity: null }));
  const rng = seededGenerator(input.seed);
  const explored = input.sample(explorable, pass.explorationQuota, rng);
  for (const [index, { row, propensity }] of explored.entries()) {
    const position = admittedFrom(
      pass.openPositions[index] ?? items.length,
      items,
      row,
      limits.limits,
      columns,
    );
    items.splice(position, 0, { row, slot: 'EXPLORATION', propensity });
  }
  if (!pass.hasHero) promoteHero(items, input, limits.limits);
  const rows = items.map(({ row }) => row);
  return { items, notes: [...relaxationNotes(rows, columns, config.diversity), ...pass.notes] };
}

/** Fills the positions of every slot but EXPLORATION. */
class GreedyPass {
  readonly items: { readonly row: number; readonly slot: RankedSlot }[] = [];
  /** The positions left to EXPLORATION, ascending. */
  readonly openPositions: number[] = [];
  /** By row, 1 if the row is on the slate. */
  readonly #taken: Uint8Array;
  /** Whether the first item is the hero: an item of PERSONAL that has an image. */
  readonly hasHero: boolean;
  readonly #candidates: BySlot<SlotCandidates | null>;
  readonly #placed = zeroBySlot();
  readonly #backfilled = zeroBySlot();

  constructor(
    private readonly input: SlateInput,
    ranked: Int32Array,
    private readonly limits: SlateLimits,
    /** Changed by {@link backfill}. */
    private readonly quotas: BySlot<number>,
    private readonly length: number,
  ) {
    this.#taken = new Uint8Array(input.columns.size);
    this.#candidates = slotCandidates(input, ranked, this.#taken, quotas);
    const hero = input.personalized
      ? this.#candidates.PERSONAL?.pool.subarray(0, quotas.PERSONAL).find(input.hasImage)
      : undefined;
    this.hasHero = hero !== undefined;
    if (hero !== undefined) this.#place(hero, 'PERSONAL');
  }

  get explorationQuota(): number {
    return this.quotas.EXPLORATION;
  }

  /** How many positions of each slot PERSONAL filled. */
  get notes(): string[] {
    return SLOTS.filter((slot) => this.#backfilled[slot] > 0).map(
      (slot) => `${slot} -> PERSONAL: ${this.#backfilled[slot]}`,
    );
  }

  /** Moves positions from the quota of a slot to that of PERSONAL. */
  backfill(slot: Slot, positions: number): void {
    this.quotas[slot] -= positions;
    this.quotas.PERSONAL += positions;
    this.#backfilled[slot] += positions;
  }

  fill(): void {
    while (this.items.length + this.quotas.EXPLORATION < this.length) this.#fillNext();
  }

  #fillNext(): void {
    const position = this.items.length + this.openPositions.length;
    const slots = slotsByDeficit(this.quotas, this.#placed, position + 1, this.length);
    if (position === 0 && this.input.personalized)
      slots.sort((a, b) => Number(b === 'PERSONAL') - Number(a === 'PERSONAL'));
    for (const slot of slots) {
      if (slot === 'EXPLORATION') {
        this.openPositions.push(position);
        this.#placed.EXPLORATION += 1;
        return;
      }
      const row = this.#candidates[slot]?.next(this.limits);
      if (row !== undefined) {
        this.#place(row, slot);
        return;
      }
      if (slot !== 'PERSONAL' && this.#cannotFill(slot) && this.#backfillPosition(slot)) return;
    }
    const unfilled = slots.find((slot) => slot !== 'PERSONAL' && this.#placed[slot] < this.quotas[slot]);
    if (this.quotas.PERSONAL > this.#placed.PERSONAL) {
      if (!this.#admitsAny()) this.limits.relax(() => this.#admitsAny());
    } else if (unfilled !== undefined) this.backfill(unfilled, 1);
  }

  /** Whether a slot that has no row for the present position has none for any later one. */
  #cannotFill(slot: RankedSlot): boolean {
    // Past the front the limits no longer loosen.
    return this.limits.isPastFront || (this.#candidates[slot]?.isExhausted ?? true);
  }

  /** Fills the present position of a slot from PERSONAL, so that every other slot keeps its positions. */
  #backfillPosition(slot: RankedSlot): boolean {
    const row = this.#candidates.PERSONAL?.next(this.limits);
    if (row === undefined) return false;
    this.#place(row, 'PERSONAL', slot);
    this.#backfilled[slot] += 1;
    return true;
  }

  /** @param quotaOf the slot whose quota the position counts toward. */
  #place(row: number, slot: RankedSlot, quotaOf = slot): void {
    this.items.push({ row, slot });
    this.limits.add(row);
    this.#taken[row] = 1;
    this.#placed[quotaOf] += 1;
    this.#candidates[slot]?.select(row);
  }

  #admitsAny(): boolean {
    return this.input.eligible.rows.some((row) => this.#taken[row] === 0 && this.limits.admits(row));
  }
}

/** How many eligible rows may be explored; counts up to `atMost`. */
function explorableCount({ eligible, exploration: { rows } }: SlateInput, atMost: number): number {
  let count = 0;
  for (let i = 0; i < rows.length && count < atMost; i += 1)
    if (eligible.removedBy[rows[i] as number] === 0) count += 1;
  return count;
}

function personalPoolSize({
  eligible,
  limit,
  config,
}: Pick<SlateInput, 'eligible' | 'limit' | 'config'>): number {
  if (config.diversity.method === 'dpp') return DPP_POOL;
  return Math.min(limit, eligible.rows.length) * POOL_PER_POSITION;
}

function personalMethod(input: SlateInput): DiversityMethod {
  const { diversity } = input.config;
  const { topics } = input.columns;
  const poolSize = personalPoolSize(input);
  if (diversity.method === 'dpp') {
    const { familiarity, similarities } = input;
    return dpp({ constants: diversity.dpp, topics, similarities: similarities(), familiarity });
  }
  return diversity.mmrLambda === 1 ? byRelevance(poolSize) : mmr(diversity.mmrLambda, poolSize, topics);
}

function slotCandidates(
  input: SlateInput,
  ranked: Int32Array,
  taken: Uint8Array,
  quotas: BySlot<number>,
): BySlot<SlotCandidates | null> {
  const { rankings } = input;
  const byTrend = (ranking: RowRanking | null, quota: number): SlotCandidates | null =>
    ranking === null || quota === 0
      ? null
      : new SlotCandidates({ ranking, taken, best: null, method: byRelevance(quota * POOL_PER_POSITION) });
  const method = personalMethod(input);
  return {
    PERSONAL: new SlotCandidates({
      ...{ ranking: rankings.PERSONAL, taken, method },
      best: ranked.subarray(0, method.poolSize),
    }),
    TRENDING: byTrend(rankings.TRENDING, quotas.TRENDING),
    LOCAL: byTrend(rankings.LOCAL, quotas.LOCAL),
    RISING: byTrend(rankings.RISING, quotas.RISING),
    EXPLORATION: null,
  };
}

/** The first position from `position` on at which a row can be inserted within the limits; else the end. */
function admittedFrom(
  position: number,
  items: readonly SlateItem[],
  row: number,
  limits: DiversityLimits,
  columns: SlateColumns,
): number {
  for (let at = Math.min(position, items.length); at < items.length; at += 1)
    if (admitsAt(at, items, row, limits, columns)) return at;
  return items.length;
}

/** Whether a row can be inserted at a position: the limits hold among the first positions, which its insertion cuts. */
function admitsAt(
  position: number,
  items: readonly SlateItem[],
  row: number,
  { categoryPositions, perCategory, eventPositions, perEventFirst }: DiversityLimits,
  { category, event }: SlateColumns,
): boolean {
  const countIn = (positions: number, group: Int32Array): number =>
    items.slice(0, positions - 1).filter((item) => group[item.row] === group[row]).length;
  return (
    (position >= categoryPositions || countIn(categoryPositions, category) < perCategory) &&
    (position >= eventPositions ||
      (event[row] as number) < 0 ||
      countIn(eventPositions, event) < perEventFirst)
  );
}

/** Moves the first item that has an image to the top, if the limits still hold then. */
function promoteHero(items: SlateItem[], { hasImage, columns }: SlateInput, limits: DiversityLimits): void {
  const index = items.findIndex(
    ({ row }, at) => hasImage(row) && admitsAt(0, items.toSpliced(at, 1), row, limits, columns),
  );
  const [hero] = index < 0 ? [] : items.splice(index, 1);
  if (hero !== undefined) items.unshift(hero);
}
