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
import type { CodecWriter } from '../codec/codec-writer.js';
import { topicKey } from '../../domain/market.js';
import {
  topicId,
  type EngagementState,
  type ProfileState,
  type TopicId,
  type TopicState,
} from '../../domain/profile.js';

/** The fields of a profile in the column `state`. */
type StateFields = Pick<
  ProfileState,
  | 'totalInteractions'
  | 'country'
  | 'lastActiveAtMs'
  | 'sessionStartedAtMs'
  | 'sessionInteractions'
  | 'topics'
  | 'engagements'
>;

export function encodeState(state: StateFields, numberOf: NumberOf): Uint8Array {
  if (state.totalInteractions === 0) return NO_BYTES;
  const keys = new Map<string, string>();
  for (const { key, label } of state.topics.values()) keys.set(key, label);
  return encodeColumn((out) => {
    out.whole(state.totalInteractions);
    out.list(state.country === null ? [] : [state.country], (country) => {
      out.text(country);
    });
    out.time(state.lastActiveAtMs);
    out.time(state.sessionStartedAtMs);
    out.whole(state.sessionInteractions);
    // The topics of an event have the same time.
    const indexOf = writeTimes(
      out,
      [...state.topics.values()].map(({ updatedAtMs }) => updatedAtMs),
    );
    out.values(state.topics, (topic) => {
      writeTopic(out, topic, indexOf);
    });
    out.values(state.engagements, (engagement) => {
      writeEngagement(out, engagement, numberOf, (key) => keys.get(key) ?? key);
    });
  });
}

/** @throws {RangeError} for bytes that {@link encodeState} did not write. */
export function decodeState(bytes: Uint8Array, idOf: IdOf): StateFields {
  if (bytes.length === 0) {
    return {
      ...{ totalInteractions: 0, country: null, lastActiveAtMs: null, sessionStartedAtMs: null },
      ...{ sessionInteractions: 0, topics: new Map(), engagements: new Map() },
    };
  }
  const from = columnReader(bytes);
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

/** The key is not written: it follows from the label. */
function writeTopic(out: CodecWriter, topic: TopicState, indexOf: (atMs: number) => number): void {
  const hasSession = topic.session !== 0;
  const hasDwell = topic.dwellEvents > 0;
  out.whole((topic.kind === 'CATEGORY' ? 1 : 0) + (hasSession ? 2 : 0) + (hasDwell ? 4 : 0));
  out.text(topic.label);
  out.number(topic.longTerm);
  out.whole(indexOf(topic.updatedAtMs));
  if (hasSession) out.number(topic.session);
  if (!hasDwell) return;
  out.number(topic.dwellMsTotal);
  out.whole(topic.dwellEvents);
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

/** Usually the last view and trade are the engagement itself; then their times are not written. */
function writeEngagement(
  out: CodecWriter,
  engagement: EngagementState,
  numberOf: NumberOf,
  labelOf: (key: string) => string,
): void {
  const { engagedAtMs, viewedAtMs, tradedAtMs, topics } = engagement;
  const view = relationTo(engagedAtMs, viewedAtMs);
  const trade = relationTo(engagedAtMs, tradedAtMs);
  writeMarket(out, engagement.marketId, numberOf);
  out.whole(view + 3 * trade + (topics === null ? 0 : 9) + (engagedAtMs === null ? 0 : 18));
  if (engagedAtMs !== null) {
    out.time(engagedAtMs);
    out.number(engagement.weight);
  }
  if (view === OTHER_TIME) out.time(viewedAtMs);
  if (view !== NO_TIME) out.probability(engagement.viewProbability);
  if (trade === OTHER_TIME) out.time(tradedAtMs);
  if (trade !== NO_TIME) out.probability(engagement.tradedProbability);
  if (topics === null) return;
  out.text(labelOf(topics.category));
  out.list(topics.tags, (tag) => {
    out.text(labelOf(tag));
  });
}

// Relation of the time of a view or trade to that of the engagement: none, equal, or stored separately.
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

/** Caches topic keys: labels repeat within a profile, and folding a label is slow. */
function cachedTopicKey(): (label: string) => string {
  const keys = new Map<string, string>();
  return (label) => {
    let key = keys.get(label);
    if (key === undefined) keys.set(label, (key = topicKey(label)));
    return key;
  };
}
