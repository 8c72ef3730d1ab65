import { CodecReader } from './codec-reader.js';
import { CodecWriter } from './codec-writer.js';
import { topicKey } from './market.js';
import {
  topicId,
  type EngagementState,
  type FullProfile,
  type ImpressionState,
  type LifetimeState,
  type LifetimeTopic,
  type ProfileState,
  type StakeState,
  type TopicId,
  type TopicState,
} from './profile-state.js';

/**
 * The bytes of a profile's columns. Each begins with the number of its format and the strings that it uses, and names
 * markets by number. No bytes at all stand for the empty state.
 */
export interface ProfileColumns {
  /** Affinity, session and engagements: what most events change. */
  readonly state: Uint8Array;
  /** Impressions and hides. */
  readonly shown: Uint8Array;
  /** Lifetime sums and stakes, which feeds by algorithm v2 do not read. */
  readonly lifetime: Uint8Array;
}

/** The format of all three columns. Another layout gets another number; every format stays readable. */
export const COLUMN_FORMAT = 2;

/** A profile was stored by a later version of the gateway. */
export class UnknownFormat extends Error {
  override readonly name = 'UnknownFormat';

  constructor(format: number) {
    super(
      `A profile is stored in format ${format}. This version of the gateway reads formats 1 and ${COLUMN_FORMAT}: upgrade it.`,
    );
  }
}

const NO_BYTES = new Uint8Array(0);

const header = new CodecWriter();
const body = new CodecWriter();

/** Finds the number of a market; without one, the id itself is stored. */
export type NumberOf = (marketId: string) => number | undefined;

/** Finds the id of a market; an entry without one is left out. */
export type IdOf = (number: number) => string | undefined;

type Hot = Pick<
  ProfileState,
  | 'totalInteractions'
  | 'country'
  | 'lastActiveAtMs'
  | 'sessionStartedAtMs'
  | 'sessionInteractions'
  | 'topics'
  | 'engagements'
>;

export function encodeState(state: Hot, numberOf: NumberOf): Uint8Array {
  if (state.totalInteractions === 0) return NO_BYTES;
  const keys = new Map<string, string>();
  for (const { key, label } of state.topics.values()) keys.set(key, label);
  body.whole(state.totalInteractions);
  body.list(state.country === null ? [] : [state.country], (country) => {
    body.text(country);
  });
  body.time(state.lastActiveAtMs);
  body.time(state.sessionStartedAtMs);
  body.whole(state.sessionInteractions);
  // The topics of an event have the same time.
  const indexOf = writeTimes([...state.topics.values()].map(({ updatedAtMs }) => updatedAtMs));
  body.values(state.topics, (topic) => {
    writeTopic(topic, indexOf);
  });
  body.values(state.engagements, (engagement) => {
    writeEngagement(engagement, numberOf, (key) => keys.get(key) ?? key);
  });
  return taken();
}

/** @throws {RangeError} for bytes that {@link encodeState} did not write. */
export function decodeState(bytes: Uint8Array, idOf: IdOf): Hot {
  if (bytes.length === 0) {
    return {
      ...{ totalInteractions: 0, country: null, lastActiveAtMs: null, sessionStartedAtMs: null },
      ...{ sessionInteractions: 0, topics: new Map(), engagements: new Map() },
    };
  }
  const from = readerOf(bytes);
  const keyOf = cachedTopicKey();
  return {
    totalInteractions: from.whole(),
    country: from.list(() => from.text())[0] ?? null,
    lastActiveAtMs: from.timeOrNull(),
    sessionStartedAtMs: from.timeOrNull(),
    sessionInteractions: from.whole(),
    topics: readTopics(from, keyOf),
    engagements: byMarket(from.list(() => readEngagement(from, idOf, keyOf))),
  };
}

type Shown = Pick<ProfileState, 'hidden' | 'impressions'>;

export function encodeShown({ hidden, impressions }: Shown, numberOf: NumberOf): Uint8Array {
  if (hidden.size === 0 && impressions.size === 0) return NO_BYTES;
  body.list([...hidden], ([marketId, hiddenAtMs]) => {
    writeMarket(marketId, numberOf);
    body.time(hiddenAtMs);
  });
  // The markets of a page have the same time.
  const indexOf = writeTimes([...impressions.values()].flatMap(({ shownAtMs }) => shownAtMs));
  body.values(impressions, ({ marketId, shownAtMs, probability, volume24h, clickedSince }) => {
    writeMarket(marketId, numberOf);
    body.whole(2 * shownAtMs.length + (clickedSince ? 1 : 0));
    for (const atMs of shownAtMs) body.whole(indexOf(atMs));
    body.probability(probability);
    body.number(volume24h);
  });
  return taken();
}

/** @throws {RangeError} for bytes that {@link encodeShown} did not write. */
export function decodeShown(bytes: Uint8Array, idOf: IdOf): Shown {
  if (bytes.length === 0) return { hidden: new Map(), impressions: new Map() };
  const from = readerOf(bytes);
  const hidden = new Map<string, number>();
  for (const [marketId, atMs] of from.list(() => [readMarket(from, idOf), from.time()] as const)) {
    if (marketId !== undefined) hidden.set(marketId, atMs);
  }
  const timeOf = readTimes(from);
  return { hidden, impressions: byMarket(from.list(() => readImpression(from, timeOf, idOf))) };
}

export function encodeLifetime({ topics, stakes }: LifetimeState): Uint8Array {
  if (topics.size === 0 && stakes.length === 0) return NO_BYTES;
  body.values(topics, ({ kind, label, points, dwellMsTotal, dwellEvents }) => {
    body.whole(kind === 'CATEGORY' ? 1 : 0);
    body.text(label);
    body.number(points);
    body.number(dwellMsTotal);
    body.whole(dwellEvents);
  });
  body.list(stakes, ({ category, stake, atMs }) => {
    body.text(category);
    body.number(stake);
    body.time(atMs);
  });
  return taken();
}

/** @throws {RangeError} for bytes that {@link encodeLifetime} did not write. */
export function decodeLifetime(bytes: Uint8Array): LifetimeState {
  if (bytes.length === 0) return { topics: new Map(), stakes: [] };
  const from = readerOf(bytes);
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

export function encodeProfile(profile: FullProfile, numberOf: NumberOf): ProfileColumns {
  return {
    state: encodeState(profile, numberOf),
    shown: encodeShown(profile, numberOf),
    lifetime: encodeLifetime(profile.lifetime),
  };
}

/** The number of the format in which a column is stored; 0 for no bytes. */
export function formatOf(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : new CodecReader(bytes).whole();
}

function taken(): Uint8Array {
  const { bytes, strings } = body.take();
  header.whole(COLUMN_FORMAT);
  header.list(strings, (text) => {
    header.utf8(text);
  });
  header.raw(bytes);
  return header.take().bytes;
}

function readerOf(bytes: Uint8Array): CodecReader {
  const from = new CodecReader(bytes);
  const format = from.whole();
  if (format !== COLUMN_FORMAT) {
    throw new UnknownFormat(format);
  }
  const strings = from.list(() => from.utf8());
  return new CodecReader(bytes.subarray(from.position), strings);
}

function writeMarket(marketId: string, numberOf: NumberOf): void {
  const number = numberOf(marketId) ?? 0;
  body.whole(number);
  if (number === 0) body.text(marketId);
}

function readMarket(from: CodecReader, idOf: IdOf): string | undefined {
  const number = from.whole();
  return number === 0 ? from.text() : idOf(number);
}

/** Writes times, each once and sorted. @returns a function that gives the index of a time. */
function writeTimes(times: readonly number[]): (atMs: number) => number {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  body.list(sorted, (atMs) => {
    body.time(atMs);
  });
  const indexes = new Map(sorted.map((atMs, index) => [atMs, index]));
  return (atMs) => indexes.get(atMs) ?? 0;
}

/** @returns a function that gives the time of an index. */
function readTimes(from: CodecReader): (index: number) => number {
  const times = from.list(() => from.time());
  return (index) => {
    const atMs = times[index];
    if (atMs === undefined) throw new RangeError('A profile names a time that is not stored.');
    return atMs;
  };
}

/** The key is that of the label. */
function writeTopic(topic: TopicState, indexOf: (atMs: number) => number): void {
  const hasSession = topic.session !== 0;
  const hasDwell = topic.dwellEvents > 0;
  body.whole((topic.kind === 'CATEGORY' ? 1 : 0) + (hasSession ? 2 : 0) + (hasDwell ? 4 : 0));
  body.text(topic.label);
  body.number(topic.longTerm);
  body.whole(indexOf(topic.updatedAtMs));
  if (hasSession) body.number(topic.session);
  if (!hasDwell) return;
  body.number(topic.dwellMsTotal);
  body.whole(topic.dwellEvents);
}

function readTopics(from: CodecReader, keyOf: (label: string) => string): Map<TopicId, TopicState> {
  const timeOf = readTimes(from);
  return from.map(
    () => readTopic(from, keyOf, timeOf),
    ({ kind, key }) => topicId(kind, key),
  );
}

function readTopic(
  from: CodecReader,
  keyOf: (label: string) => string,
  timeOf: (index: number) => number,
): TopicState {
  const flags = from.whole();
  const label = from.text();
  const longTerm = from.number();
  const updatedAtMs = timeOf(from.whole());
  return {
    kind: flags & 1 ? 'CATEGORY' : 'TAG',
    key: keyOf(label),
    label,
    longTerm,
    session: flags & 2 ? from.number() : 0,
    updatedAtMs,
    dwellMsTotal: flags & 4 ? from.number() : 0,
    dwellEvents: flags & 4 ? from.whole() : 0,
  };
}

/** A view and a trade mostly are the engagement itself: then their times are left out. */
function writeEngagement(
  engagement: EngagementState,
  numberOf: NumberOf,
  labelOf: (key: string) => string,
): void {
  const { engagedAtMs, viewedAtMs, tradedAtMs, topics } = engagement;
  const view = relationTo(engagedAtMs, viewedAtMs);
  const trade = relationTo(engagedAtMs, tradedAtMs);
  writeMarket(engagement.marketId, numberOf);
  body.whole(view + 3 * trade + (topics === null ? 0 : 9) + (engagedAtMs === null ? 0 : 18));
  if (engagedAtMs !== null) {
    body.time(engagedAtMs);
    body.number(engagement.weight);
  }
  if (view === OTHER_TIME) body.time(viewedAtMs);
  if (view !== NO_TIME) body.probability(engagement.viewProbability);
  if (trade === OTHER_TIME) body.time(tradedAtMs);
  if (trade !== NO_TIME) body.probability(engagement.tradedProbability);
  if (topics === null) return;
  body.text(labelOf(topics.category));
  body.list(topics.tags, (tag) => {
    body.text(labelOf(tag));
  });
}

const NO_TIME = 0;
const SAME_TIME = 1;
const OTHER_TIME = 2;

function relationTo(engagedAtMs: number | null, atMs: number | null): number {
  if (atMs === null) return NO_TIME;
  return atMs === engagedAtMs ? SAME_TIME : OTHER_TIME;
}

function readEngagement(
  from: CodecReader,
  idOf: IdOf,
  keyOf: (label: string) => string,
): EngagementState | undefined {
  const marketId = readMarket(from, idOf);
  const flags = from.whole();
  const view = flags % 3;
  const trade = Math.floor(flags / 3) % 3;
  const isEngaged = flags >= 18;
  const engagedAtMs = isEngaged ? from.time() : null;
  const timeOf = (relation: number): number | null => {
    if (relation === NO_TIME) return null;
    return relation === SAME_TIME ? engagedAtMs : from.time();
  };
  const weight = isEngaged ? from.number() : 0;
  const viewedAtMs = timeOf(view);
  const viewProbability = view === NO_TIME ? null : from.probability();
  const tradedAtMs = timeOf(trade);
  const tradedProbability = trade === NO_TIME ? null : from.probability();
  const topics =
    Math.floor(flags / 9) % 2 === 1
      ? { category: keyOf(from.text()), tags: from.list(() => keyOf(from.text())) }
      : null;
  if (marketId === undefined) return undefined;
  return {
    ...{ marketId, engagedAtMs, weight, viewedAtMs, viewProbability, tradedAtMs, tradedProbability, topics },
  };
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
  const volume24h = from.number();
  if (marketId === undefined) return undefined;
  return { marketId, shownAtMs, probability, volume24h, clickedSince: lengthAndClick % 2 === 1 };
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

function byMarket<Value extends { readonly marketId: string }>(
  values: readonly (Value | undefined)[],
): Map<string, Value> {
  const map = new Map<string, Value>();
  for (const value of values) if (value !== undefined) map.set(value.marketId, value);
  return map;
}

/** Folds each label once: labels repeat within a profile, and folding is slow. */
function cachedTopicKey(): (label: string) => string {
  const keys = new Map<string, string>();
  return (label) => {
    let key = keys.get(label);
    if (key === undefined) keys.set(label, (key = topicKey(label)));
    return key;
  };
}
