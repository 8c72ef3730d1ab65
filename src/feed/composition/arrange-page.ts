import { slotsByDeficit } from './largest-deficit.js';
import type { LimitedPage } from './limited-page.js';
import { noneBySlot, SLOTS, type BySlot, type Slot } from './slots.js';

export interface PlacedRow {
  readonly row: number;
  readonly slot: Slot;
}

export interface ArrangeInput {
  /** What each slot chose, best first. */
  readonly chosen: BySlot<readonly number[]>;
  /** An empty page that has room for all of it. */
  readonly emptyPage: () => LimitedPage;
  readonly hasImage: (row: number) => boolean;
  /** Whether PERSONAL comes first. */
  readonly personalized: boolean;
}

/**
 * The page in order. Each place goes to the slot that is furthest behind its share, and there to the best row left that
 * the page admits at that place; the first place, when the page is personalized, to PERSONAL if it has any. Then the best
 * PERSONAL row that has an image is the hero, else, or when the page is not personalized, the first in order that has
 * one, else the first.
 */
export function arrangePage(input: ArrangeInput): PlacedRow[] {
  const { chosen, emptyPage, hasImage, personalized } = input;
  const canLead = ({ row }: PlacedRow): boolean => hasImage(row) && emptyPage().admits(row);
  const personal = personalized
    ? chosen.PERSONAL.map((row) => ({ row, slot: 'PERSONAL' as const })).find(canLead)
    : null;
  if (personal) return place(input, personal);
  const plain = place(input, null);
  const hero = plain.find(canLead);
  return hero === undefined ? plain : place(input, hero);
}

function place({ chosen, emptyPage, personalized }: ArrangeInput, hero: PlacedRow | null): PlacedRow[] {
  const page = emptyPage();
  const shares = noneBySlot();
  const placed = noneBySlot();
  const waiting: BySlot<readonly number[]> = { ...chosen };
  let length = 0;
  for (const slot of SLOTS) length += shares[slot] = chosen[slot].length;
  const placedRows: PlacedRow[] = [];
  const put = (next: PlacedRow): void => {
    page.put(next.row);
    placedRows.push(next);
    placed[next.slot] += 1;
    waiting[next.slot] = waiting[next.slot].filter((row) => row !== next.row);
  };

  if (hero !== null) put(hero);
  while (placedRows.length < length) {
    const slots = slotsByDeficit(shares, placed, placedRows.length + 1, length);
    if (placedRows.length === 0 && personalized)
      slots.sort((a, b) => Number(b === 'PERSONAL') - Number(a === 'PERSONAL'));
    put(firstAdmitted(slots, waiting, page));
  }
  return placedRows;
}

function firstAdmitted(
  slots: readonly Slot[],
  waiting: BySlot<readonly number[]>,
  page: LimitedPage,
): PlacedRow {
  for (const slot of slots) {
    const row = waiting[slot].find((candidate) => page.admits(candidate));
    if (row !== undefined) return { row, slot };
  }
  throw new Error('the chosen markets do not fit on the page');
}
