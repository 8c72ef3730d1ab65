import type { PageColumns } from './page-input.js';
import type { PageLimits } from './page-limits.js';

/**
 * Few rows that can fill the places under the category limit whenever the given ones can: of each category those of as
 * many events as there are such places, of each event as many as a page may show. A row beyond these can always be
 * exchanged for one of an event that no other row up there has.
 */
export function frontKernel(
  rows: Int32Array,
  { category, event }: Pick<PageColumns, 'category' | 'event'>,
  { categoryPlaces, perEventPage }: Pick<PageLimits, 'categoryPlaces' | 'perEventPage'>,
): number[] {
  const kernel: number[] = [];
  const loose: number[] = [];
  const perEvent: (Map<number, number> | undefined)[] = [];
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    const group = category[row] as number;
    const events = (perEvent[group] ??= new Map<number, number>());
    const withoutEvent = loose[group] ?? 0;
    const isFull = events.size + withoutEvent >= categoryPlaces;
    const id = event[row] as number;
    if (id < 0) {
      if (isFull) continue;
      loose[group] = withoutEvent + 1;
    } else {
      const count = events.get(id) ?? 0;
      if (count === perEventPage || (count === 0 && isFull)) continue;
      events.set(id, count + 1);
    }
    kernel.push(row);
  }
  return kernel;
}
