import {
  emptyProfile,
  topicId,
  type EngagementState,
  type ImpressionState,
  type ProfileState,
  type StakeState,
  type TopicState,
} from '../repositories/profile-state.js';
import { CodecReader } from './codec-reader.js';
import { CodecWriter } from './codec-writer.js';
import type { StringTable } from './string-table.js';

/** All people never seen share these. */
const NEVER_SEEN = new Uint8Array(0);

/**
 * Turns a profile into few bytes and back: every value exactly, maps in their order, the user key apart.
 * Strings go to the table, so the bytes are worth something only as long as the table keeps them.
 *
 * Each kind of thing has a function that writes it and one that reads it, field by field in the same
 * order; the bytes name no fields and never leave the process.
 */
export class ProfileCodec {
  readonly #writer: CodecWriter;

  constructor(private readonly strings: StringTable) {
    this.#writer = new CodecWriter(strings);
  }

  encode(state: ProfileState): Uint8Array {
    writeProfile(this.#writer, state);
    const bytes = this.#writer.take();
    // Whatever a person never seen consists of (nulls, zeros, lists of nothing) is written as a zero.
    return bytes.every((byte) => byte === 0) ? NEVER_SEEN : bytes;
  }

  /** @param userKey the key of the person whose state was encoded. */
  decode(userKey: string, bytes: Uint8Array): ProfileState {
    return bytes.length === 0
      ? emptyProfile(userKey)
      : readProfile(new CodecReader(bytes, this.strings), userKey);
  }
}

function writeProfile(out: CodecWriter, state: ProfileState): void {
  out.whole(state.version);
  out.whole(state.totalInteractions);
  out.list(state.country === null ? [] : [state.country], (country) => {
    out.shared(country);
  });
  out.time(state.lastActiveAtMs);
  out.time(state.sessionStartedAtMs);
  out.whole(state.sessionInteractions);
  out.list([...state.topics.values()], (topic) => {
    writeTopic(out, topic);
  });
  out.list([...state.engagements.values()], (engagement) => {
    writeEngagement(out, engagement);
  });
  out.list([...state.hidden], ([marketId, hiddenAtMs]) => {
    out.shared(marketId);
    out.time(hiddenAtMs);
  });
  out.list([...state.impressions.values()], (impression) => {
    writeImpression(out, impression);
  });
  out.list(state.stakes, (stake) => {
    writeStake(out, stake);
  });
}

function readProfile(from: CodecReader, userKey: string): ProfileState {
  return {
    userKey,
    version: from.whole(),
    totalInteractions: from.whole(),
    country: from.list(() => from.shared())[0] ?? null,
    lastActiveAtMs: from.timeOrNull(),
    sessionStartedAtMs: from.timeOrNull(),
    sessionInteractions: from.whole(),
    topics: new Map(
      from.list(() => readTopic(from)).map((topic) => [topicId(topic.kind, topic.key), topic] as const),
    ),
    engagements: new Map(
      from.list(() => readEngagement(from)).map((engagement) => [engagement.marketId, engagement] as const),
    ),
    hidden: new Map(from.list(() => [from.shared(), from.time()] as const)),
    impressions: new Map(
      from.list(() => readImpression(from)).map((impression) => [impression.marketId, impression] as const),
    ),
    stakes: from.list(() => readStake(from)),
  };
}

function writeTopic(out: CodecWriter, topic: TopicState): void {
  out.whole(topic.kind === 'CATEGORY' ? 1 : 0);
  out.shared(topic.key);
  out.shared(topic.label);
  out.number(topic.points);
  out.number(topic.longTerm);
  out.number(topic.session);
  out.time(topic.updatedAtMs);
  out.number(topic.dwellMsTotal);
  out.whole(topic.dwellEvents);
}

function readTopic(from: CodecReader): TopicState {
  return {
    kind: from.whole() === 1 ? 'CATEGORY' : 'TAG',
    key: from.shared(),
    label: from.shared(),
    points: from.number(),
    longTerm: from.number(),
    session: from.number(),
    updatedAtMs: from.time(),
    dwellMsTotal: from.number(),
    dwellEvents: from.whole(),
  };
}

function writeEngagement(out: CodecWriter, engagement: EngagementState): void {
  out.shared(engagement.marketId);
  out.time(engagement.engagedAtMs);
  out.number(engagement.weight);
  out.time(engagement.viewedAtMs);
  out.number(engagement.viewProbability);
  out.shared(engagement.category);
  out.list(engagement.tags, (tag) => {
    out.shared(tag);
  });
}

function readEngagement(from: CodecReader): EngagementState {
  return {
    marketId: from.shared(),
    engagedAtMs: from.timeOrNull(),
    weight: from.number(),
    viewedAtMs: from.timeOrNull(),
    viewProbability: from.numberOrNull(),
    category: from.shared(),
    tags: from.list(() => from.shared()),
  };
}

function writeImpression(out: CodecWriter, impression: ImpressionState): void {
  out.shared(impression.marketId);
  out.list(impression.shownAtMs, (shownAtMs) => {
    out.time(shownAtMs);
  });
  out.number(impression.probability);
  out.number(impression.volume24h);
  out.whole(impression.clickedSince ? 1 : 0);
}

function readImpression(from: CodecReader): ImpressionState {
  return {
    marketId: from.shared(),
    shownAtMs: from.list(() => from.time()),
    probability: from.numberOrNull(),
    volume24h: from.number(),
    clickedSince: from.whole() === 1,
  };
}

function writeStake(out: CodecWriter, { category, stake, atMs }: StakeState): void {
  out.shared(category);
  out.number(stake);
  out.time(atMs);
}

function readStake(from: CodecReader): StakeState {
  return { category: from.shared(), stake: from.number(), atMs: from.time() };
}
