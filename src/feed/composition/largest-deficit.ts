import { SLOTS, type BySlot, type Slot } from './slots.js';

/**
 * The slots that have places left, the one first that is furthest behind its share of the first `place` of `length`
 * places: by share · place / length − placed, ties in the order of the slots. Serving the first of them place by place
 * spreads every slot evenly over the page.
 *
 * @param place from 1.
 */
export function slotsByDeficit(
  shares: BySlot<number>,
  placed: BySlot<number>,
  place: number,
  length: number,
): Slot[] {
  const deficit = (slot: Slot): number => shares[slot] * place - placed[slot] * length;
  return SLOTS.filter((slot) => placed[slot] < shares[slot]).sort((a, b) => deficit(b) - deficit(a));
}
