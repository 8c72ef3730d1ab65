import type { ScoreBounds, ScoresOnDemandV2 } from '../../scoring/v2/scorer.js';
import { bestRows } from './best-rows.js';
import { HighestValues } from '../../lib/highest-values.js';
import type { RowRanking } from './ranking.js';

/** Rows whose bounds are refined first, per row that is wanted; a further step takes so many times more. */
const REFINED = 3;

/** Rows that are scored first, per row that is wanted: the refined bounds are in almost the right order. */
const SCORED = 1.2;

/** Flags of a row: the first two last for the request, the others for one call of `best`. */
const IS_REFINED = 1;
const IS_SCORED = 2;
const IS_PICKED = 4;
const IS_CANDIDATE = 8;
const OF_REQUEST = IS_REFINED | IS_SCORED;

type Scores = Pick<ScoresOnDemandV2, 'final' | 'score' | 'bounds'>;

type Wanted = ((row: number) => boolean) | null;

/**
 * Ranks rows by scores that are computed on demand. The rows with the highest bounds are scored first. Their scores give
 * a threshold, and only rows whose bounds reach it are scored as well. So the result is that of scoring all rows.
 *
 * Valid until the next `load`, which reuses the memory.
 */
export class BoundedRanking implements RowRanking {
  #scores: Scores | undefined;
  #bounds: ScoreBounds | undefined;
  #removedBy: Uint8Array = new Uint8Array(0);
  #volumeTotal: Float64Array = new Float64Array(0);
  /** By row. */
  #flags = new Uint8Array(0);
  /** The rows that were picked in this call, and those of them that were scored. */
  #picked = new Int32Array(0);
  #candidates = new Int32Array(0);
  #candidateCount = 0;
  #some = new Int32Array(0);
  readonly #highest = new HighestValues();

  /** @param removedBy by row, 0 for an eligible row. */
  load(scores: Scores, removedBy: Uint8Array, volumeTotal: Float64Array): this {
    this.#scores = scores;
    this.#bounds = undefined;
    this.#removedBy = removedBy;
    this.#volumeTotal = volumeTotal;
    const size = removedBy.length;
    if (this.#flags.length === size) this.#flags.fill(0);
    else {
      this.#flags = new Uint8Array(size);
      this.#picked = new Int32Array(size);
      this.#candidates = new Int32Array(size);
      this.#some = new Int32Array(size);
    }
    return this;
  }

  keyOf(row: number): number {
    return this.#loaded().final[row] as number;
  }

  best(count: number, wanted: Wanted): Int32Array {
    const scores = this.#loaded();
    const bounds = (this.#bounds ??= scores.bounds());
    const { slack, refine } = bounds;
    let pickedCount = 0;
    this.#candidateCount = 0;
    let threshold = -Infinity;
    for (let likely = count * (refine === null ? SCORED : REFINED); ; likely *= REFINED) {
      const isFirst = threshold === -Infinity;
      const lowest = isFirst ? this.#boundOf(likely) : threshold - slack;
      const picked = this.#pick(lowest, pickedCount, wanted);
      pickedCount += picked.length;
      if (refine !== null) this.#refine(picked, refine);
      if (isFirst && refine !== null) {
        this.#scoreFrom(this.#likeliest(picked, count * SCORED), picked);
        threshold = this.#threshold(count);
      }
      this.#scoreFrom(threshold - slack, picked);
      threshold = this.#threshold(count);
      if (lowest === -Infinity || lowest <= threshold - slack) break;
    }
    for (let i = 0; i < pickedCount; i += 1) {
      const row = this.#picked[i] as number;
      this.#flags[row] = (this.#flags[row] as number) & OF_REQUEST;
    }
    return this.#bestCandidates(count, threshold);
  }

  #loaded(): Scores {
    if (this.#scores === undefined) throw new TypeError('No scores are loaded.');
    return this.#scores;
  }

  /** Adds the wanted rows whose bounds are `lowest` or more to the picked ones, and returns them. */
  #pick(lowest: number, from: number, wanted: Wanted): Int32Array {
    const { bounds } = this.#bounds as ScoreBounds;
    const flags = this.#flags;
    const removedBy = this.#removedBy;
    let end = from;
    for (let row = 0; row < bounds.length; row += 1) {
      if ((bounds[row] as number) < lowest || removedBy[row] !== 0) continue;
      if (((flags[row] as number) & IS_PICKED) !== 0 || (wanted !== null && !wanted(row))) continue;
      flags[row] = (flags[row] as number) | IS_PICKED;
      this.#picked[end++] = row;
    }
    return this.#picked.subarray(from, end);
  }

  #refine(rows: Int32Array, refine: (rows: Int32Array) => void): void {
    const unrefined = this.#flag(IS_REFINED, rows);
    if (unrefined.length > 0) refine(unrefined);
  }

  /** Sets a flag on rows, and returns those that did not have it. */
  #flag(flag: number, rows: Int32Array): Int32Array {
    let count = 0;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      const flags = this.#flags[row] as number;
      if ((flags & flag) !== 0) continue;
      this.#flags[row] = flags | flag;
      this.#some[count++] = row;
    }
    return this.#some.subarray(0, count);
  }

  /** Scores those of some rows whose bounds are `lowest` or more, and makes them candidates. */
  #scoreFrom(lowest: number, rows: Int32Array): void {
    const { bounds } = this.#bounds as ScoreBounds;
    const flags = this.#flags;
    const from = this.#candidateCount;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      if ((bounds[row] as number) < lowest || ((flags[row] as number) & IS_CANDIDATE) !== 0) continue;
      flags[row] = (flags[row] as number) | IS_CANDIDATE;
      this.#candidates[this.#candidateCount++] = row;
    }
    const unscored = this.#flag(IS_SCORED, this.#candidates.subarray(from, this.#candidateCount));
    if (unscored.length > 0) this.#loaded().score(unscored);
  }

  /** The bound that about `count` rows reach. */
  #boundOf(count: number): number {
    const { bounds } = this.#bounds as ScoreBounds;
    return this.#highest.estimate(count, bounds.length, (row) => bounds[row] as number);
  }

  /** The bound that about `count` of some rows reach. */
  #likeliest(rows: Int32Array, count: number): number {
    const { bounds } = this.#bounds as ScoreBounds;
    return this.#highest.estimate(count, rows.length, (i) => bounds[rows[i] as number] as number);
  }

  /** The score that `count` candidates reach; −∞ if they are fewer. */
  #threshold(count: number): number {
    const { final } = this.#loaded();
    const candidates = this.#candidates;
    return this.#highest.exact(count, this.#candidateCount, (i) => final[candidates[i] as number] as number);
  }

  #bestCandidates(count: number, threshold: number): Int32Array {
    const { final } = this.#loaded();
    let end = 0;
    for (let i = 0; i < this.#candidateCount; i += 1) {
      const row = this.#candidates[i] as number;
      if ((final[row] as number) >= threshold) this.#some[end++] = row;
    }
    const order = { key: final, volumeTotal: this.#volumeTotal };
    return bestRows(this.#some.subarray(0, end), count, order, { above: -Infinity, wanted: null });
  }
}
