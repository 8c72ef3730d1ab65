import { slotsByDeficit } from './largest-deficit.js';
import type { LimitedPage } from './limited-page.js';
import type { SlotCandidates } from './slot-candidates.js';
import { noneBySlot, SLOTS, type BySlot, type Slot } from './slots.js';

/**
 * Which rows the slots choose that choose by a key. They take turns, the one first that is furthest behind its share, and
 * each takes the best of its own that the page admits. A share that a slot cannot use is PERSONAL's, which can choose
 * every row.
 */
export class PageChoice {
  readonly chosen: BySlot<number[]> = { PERSONAL: [], TRENDING: [], LOCAL: [], RISING: [], EXPLORATION: [] };
  readonly #given = noneBySlot();
  readonly #shares: BySlot<number>;

  /** @param taken by row, set to 1 where a row is chosen. */
  constructor(
    shares: BySlot<number>,
    private readonly candidates: Omit<BySlot<SlotCandidates>, 'EXPLORATION'>,
    private readonly page: LimitedPage,
    private readonly taken: Uint8Array,
  ) {
    this.#shares = { ...shares };
  }

  /** How many the slot is to have as it stands. */
  shareOf(slot: Slot): number {
    return this.#shares[slot];
  }

  /** How many places each slot could not fill. */
  get notes(): string[] {
    return SLOTS.filter((slot) => this.#given[slot] > 0).map(
      (slot) => `${slot} -> PERSONAL: ${this.#given[slot]}`,
    );
  }

  /** Hands places of the slot over to PERSONAL. */
  give(slot: Slot, places: number): void {
    this.#shares[slot] -= places;
    this.#shares.PERSONAL += places;
    this.#given[slot] += places;
  }

  /** Chooses until every slot but EXPLORATION has its share. */
  fill(): void {
    const shares = { ...this.#shares, EXPLORATION: 0 };
    const length = SLOTS.reduce((sum, slot) => sum + shares[slot], 0);
    while (this.page.rows.length < length) {
      if (this.#turn(length)) continue;
      // Only slots that the limits shut out up here have places left, and PERSONAL has what the limits let in.
      const [slot] = this.#waiting(length);
      if (slot === undefined || slot === 'PERSONAL')
        throw new Error('no eligible market keeps the limits of the page');
      this.give(slot, 1);
    }
  }

  #turn(length: number): boolean {
    for (const slot of this.#waiting(length)) {
      const row = this.candidates[slot].best(this.page);
      if (row !== undefined) {
        this.page.put(row);
        this.taken[row] = 1;
        this.candidates[slot].choose(row);
        this.chosen[slot].push(row);
        return true;
      }
      if (slot !== 'PERSONAL' && this.page.isPastFront) {
        this.give(slot, this.#shares[slot] - this.chosen[slot].length);
        return this.#turn(length);
      }
    }
    return false;
  }

  #waiting(length: number): Exclude<Slot, 'EXPLORATION'>[] {
    const placed = noneBySlot();
    for (const slot of SLOTS) placed[slot] = this.chosen[slot].length;
    return slotsByDeficit(this.#shares, placed, this.page.rows.length + 1, length).filter(
      (slot) => slot !== 'EXPLORATION',
    );
  }
}
