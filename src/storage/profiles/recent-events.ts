import { EVENT_TYPES } from '../../domain/event.js';
import { CodecReader } from '../codec/codec-reader.js';
import { CodecWriter } from '../codec/codec-writer.js';
import type { IndexedMarket } from '../markets/market-index.js';
import type { ProfileEvent } from '../../domain/profile.js';

/** An event as it is appended to a profile, with the permanent number of its market in place of the market. */
export interface RecentEvent extends Omit<ProfileEvent, 'market'> {
  readonly marketNumber: number;
  readonly probability: number | null;
  /** NaN if unknown. */
  readonly volume24h: number;
}

// Flags in the lowest four bits of an event's first integer; the bits above are its index in EVENT_TYPES.
const HAS_WEIGHT = 1;
const HAS_DWELL = 2;
const HAS_COUNTRY = 4;
const HAS_STAKE = 8;
const FLAG_BITS = 4;

/** The only event type whose volume is stored; the volume of another type is 0 after decoding. */
const IMPRESSION = EVENT_TYPES.indexOf('IMPRESSION');

/** Reused by all calls, which are synchronous: one for the events of a batch, one for the batch with its length. */
const eventWriter = new CodecWriter();
const batchWriter = new CodecWriter();

/**
 * Encodes events, in their order, as one batch for the column `recent` of a profile: about 20 bytes per event. The database
 * prepends each batch to the earlier ones, so a commit neither reads nor decodes the profile.
 */
export function encodeRecentEvents(events: readonly RecentEvent[]): Uint8Array {
  for (const event of events) writeEvent(event);
  const { bytes } = eventWriter.take();
  batchWriter.whole(bytes.length);
  batchWriter.raw(bytes);
  return batchWriter.take().bytes;
}

/**
 * Decodes the events of a profile's column `recent` in the order of commits, each with the current topics of its market.
 *
 * @param marketOf events for whose market it returns undefined are left out.
 * @throws {RangeError} for bytes that {@link encodeRecentEvents} did not write.
 */
export function decodeRecentEvents(
  recent: Uint8Array,
  marketOf: (number: number) => IndexedMarket | undefined,
): ProfileEvent[] {
  const batches: Uint8Array[] = [];
  for (let rest = recent; rest.length > 0;) {
    const from = new CodecReader(rest);
    const length = from.whole();
    const end = from.position + length;
    if (length === 0 || end > rest.length) throw new RangeError('The recent events are truncated.');
    batches.push(rest.subarray(from.position, end));
    rest = rest.subarray(end);
  }
  const events: ProfileEvent[] = [];
  // The latest batch comes first in the column.
  for (const batch of batches.reverse()) {
    const from = new CodecReader(batch);
    while (from.position < batch.length) {
      const event = readEvent(from, marketOf);
      if (event !== undefined) events.push(event);
    }
  }
  return events;
}

function writeEvent(event: RecentEvent): void {
  const { weight, dwellMs, country, stake, volume24h } = event;
  const type = EVENT_TYPES.indexOf(event.eventType);
  const flags =
    (weight === 0 ? 0 : HAS_WEIGHT) +
    (dwellMs === null ? 0 : HAS_DWELL) +
    (country === null ? 0 : HAS_COUNTRY) +
    (stake === null ? 0 : HAS_STAKE);
  eventWriter.whole((type << FLAG_BITS) + flags);
  eventWriter.whole(event.marketNumber);
  eventWriter.time(event.occurredAtMs);
  eventWriter.probability(event.probability);
  if (weight !== 0) eventWriter.number(weight);
  if (dwellMs !== null) eventWriter.whole(dwellMs);
  if (country !== null) eventWriter.whole(countryCode(country));
  if (stake !== null) eventWriter.number(stake);
  if (type === IMPRESSION) eventWriter.number(volume24h);
}

function readEvent(
  from: CodecReader,
  marketOf: (number: number) => IndexedMarket | undefined,
): ProfileEvent | undefined {
  const typeAndFlags = from.whole();
  const type = typeAndFlags >> FLAG_BITS;
  const eventType = EVENT_TYPES[type];
  if (eventType === undefined) throw new RangeError(`No event type has the number ${type}.`);
  const market = marketOf(from.whole());
  const occurredAtMs = from.time();
  const probability = from.probability();
  const weight = typeAndFlags & HAS_WEIGHT ? from.number() : 0;
  const dwellMs = typeAndFlags & HAS_DWELL ? from.whole() : null;
  const country = typeAndFlags & HAS_COUNTRY ? countryOf(from.whole()) : null;
  const stake = typeAndFlags & HAS_STAKE ? from.number() : null;
  const volume24h = type === IMPRESSION ? from.number() : 0;
  if (market === undefined) return undefined;
  const { id, category, tags } = market;
  return {
    ...{ eventType, occurredAtMs, weight, dwellMs, country, stake },
    market: { id, category, tags, probability, volume24h },
  };
}

/** Encodes the two letters of a country as 7 bits each. */
function countryCode(country: string): number {
  return (country.charCodeAt(0) << 7) + country.charCodeAt(1);
}

function countryOf(code: number): string {
  return String.fromCharCode(code >> 7, code & 127);
}
