import type { MarketColumns } from './features.js';

/** The rows of each event: those of event `id` are `rows[start[id]]` to `rows[start[id + 1] − 1]`. */
export interface EventRows {
  readonly start: Int32Array;
  readonly rows: Int32Array;
}

const computed = new WeakMap<Int32Array, EventRows>();

/** Returns the rows of the events of a catalog, computed once for the versions of the catalog that share its events. */
export function eventRows({ event, eventCount }: Pick<MarketColumns, 'event' | 'eventCount'>): EventRows {
  let rows = computed.get(event);
  if (rows === undefined) computed.set(event, (rows = computeRows(event, eventCount)));
  return rows;
}

function computeRows(event: Int32Array, eventCount: number): EventRows {
  const start = new Int32Array(eventCount + 1);
  for (const id of event) if (id >= 0) start[id + 1] = (start[id + 1] as number) + 1;
  for (let id = 0; id < eventCount; id += 1)
    start[id + 1] = (start[id + 1] as number) + (start[id] as number);
  const next = start.slice();
  const rows = new Int32Array(start[eventCount] as number);
  for (let row = 0; row < event.length; row += 1) {
    const id = event[row] as number;
    if (id < 0) continue;
    rows[next[id] as number] = row;
    next[id] = (next[id] as number) + 1;
  }
  return { start, rows };
}
