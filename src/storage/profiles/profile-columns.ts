import {
  byMarket,
  columnReader,
  encodeColumn,
  NO_BYTES,
  readMarket,
  readTimes,
  writeMarket,
  writeTimes,
  type IdOf,
  type NumberOf,
} from './column-codec.js';
import type { CodecReader } from '../codec/codec-reader.js';
import { topicKey } from '../../domain/market.js';
import {
  topicId,
  type FullProfile,
  type ImpressionState,
  type LifetimeState,
  type LifetimeTopic,
  type ProfileState,
  type StakeState,
} from '../../domain/profile.js';
import { encodeState } from './state-column.js';

/**
 * The bytes of a profile's columns. Each begins with the number of its format and the strings that it uses, and identifies
 * markets by number. An empty column means the empty state.
 */
export interface ProfileColumns {
  /** Affinity, session, and engagements, which most events change. */
  readonly state: Uint8Array;
  /** Impressions and hides. */
  readonly shown: Uint8Array;
  /** Lifetime sums and stakes, which feeds by algorithm v2 do not read. */
  readonly lifetime: Uint8Array;
}

export function encodeProfile(profile: FullProfile, numberOf: NumberOf): ProfileColumns {
  return {
    state: encodeState(profile, numberOf),
    shown: encodeShown(profile, numberOf),
    lifetime: encodeLifetime(profile.lifetime),
  };
}

type Shown = Pick<ProfileState, 'hidden' | 'impressions'>;

export function encodeShown({ hidden, impressions }: Shown, numberOf: NumberOf): Uint8Array {
  if (hidden.size === 0 && impressions.size === 0) return NO_BYTES;
  return encodeColumn((out) => {
    out.list([...hidden], ([marketId, hiddenAtMs]) => {
      writeMarket(out, marketId, numberOf);
      out.time(hiddenAtMs);
    });
    // The markets of a page are shown at the same time.
    const indexOf = writeTimes(
      out,
      [...impressions.values()].flatMap(({ shownAtMs }) => shownAtMs),
    );
    out.values(impressions, ({ marketId, shownAtMs, probability, volume24h, clickedSince }) => {
      writeMarket(out, marketId, numberOf);
      out.whole(2 * shownAtMs.length + (clickedSince ? 1 : 0));
      for (const atMs of shownAtMs) out.whole(indexOf(atMs));
      out.probability(probability);
      out.rounded(volume24h);
    });
  });
}

/** @throws {RangeError} for bytes that {@link encodeShown} did not write. */
export function decodeShown(bytes: Uint8Array, idOf: IdOf): Shown {
  if (bytes.length === 0) return { hidden: new Map(), impressions: new Map() };
  const from = columnReader(bytes);
  const hidden = new Map<string, number>();
  for (const [marketId, atMs] of from.list(() => [readMarket(from, idOf), from.time()] as const)) {
    if (marketId !== undefined) hidden.set(marketId, atMs);
  }
  const timeOf = readTimes(from);
  return { hidden, impressions: byMarket(from.list(() => readImpression(from, timeOf, idOf))) };
}

function readImpression(
  from: CodecReader,
  timeOf: (index: number) => number,
  idOf: IdOf,
): ImpressionState | undefined {
  const marketId = readMarket(from, idOf);
  const lengthAndClick = from.whole();
  const shownAtMs: number[] = [];
  for (let left = lengthAndClick >> 1; left > 0; left -= 1) {
    shownAtMs.push(timeOf(from.whole()));
  }
  const probability = from.probability();
  const volume24h = from.rounded();
  if (marketId === undefined) return undefined;
  return { marketId, shownAtMs, probability, volume24h, clickedSince: lengthAndClick % 2 === 1 };
}

export function encodeLifetime({ topics, stakes }: LifetimeState): Uint8Array {
  if (topics.size === 0 && stakes.length === 0) return NO_BYTES;
  return encodeColumn((out) => {
    out.values(topics, ({ kind, label, points, dwellMsTotal, dwellEvents }) => {
      out.whole(kind === 'CATEGORY' ? 1 : 0);
      out.text(label);
      out.number(points);
      out.number(dwellMsTotal);
      out.whole(dwellEvents);
    });
    out.list(stakes, ({ category, stake, atMs }) => {
      out.text(category);
      out.number(stake);
      out.time(atMs);
    });
  });
}

/** @throws {RangeError} for bytes that {@link encodeLifetime} did not write. */
export function decodeLifetime(bytes: Uint8Array): LifetimeState {
  if (bytes.length === 0) return { topics: new Map(), stakes: [] };
  const from = columnReader(bytes);
  return {
    topics: from.map(
      () => readLifetimeTopic(from),
      ({ kind, key }) => topicId(kind, key),
    ),
    stakes: from.list((): StakeState => ({
      category: topicKey(from.text()),
      stake: from.number(),
      atMs: from.time(),
    })),
  };
}

function readLifetimeTopic(from: CodecReader): LifetimeTopic {
  const kind = from.whole() === 1 ? 'CATEGORY' : 'TAG';
  const label = from.text();
  return {
    ...{ kind, label, key: topicKey(label) },
    points: from.number(),
    dwellMsTotal: from.number(),
    dwellEvents: from.whole(),
  };
}
