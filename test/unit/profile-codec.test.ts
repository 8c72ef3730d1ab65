import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProfileCodec } from '../../src/profiles/profile-codec.js';
import { StringTable } from '../../src/profiles/string-table.js';
import {
  emptyProfile,
  topicId,
  type EngagementState,
  type ImpressionState,
  type ProfileState,
  type StakeState,
  type TopicState,
} from '../../src/repositories/profile-state.js';
import { decodeStoredProfile, encodeStoredProfile } from '../../src/repositories/stored-profile.js';
import { foldText } from '../../src/scoring/fold-text.js';
import { DAY_MS, NOON_MS, personAfter, profileEvent } from '../support/profile-events.js';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const timeMs = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: NOON_MS - 400 * DAY_MS, max: NOON_MS }) },
  fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
  fc.constantFrom(0, -1, 0.5, NOON_MS + 0.123, 8.64e15, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const number = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.integer({ min: -10_000_000, max: 10_000_000 }).map((parts) => parts / 10_000),
  fc.integer({ min: 0, max: 100 }).map((cents) => cents / 100),
  fc.constantFrom(0.1 + 0.2, 2 ** 48, 2 ** 48 + 1, -(2 ** 48), 2 ** 53, 2 ** 34 + 1e-4, 1e-4, 1e-5),
);
const orNull = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(values, { freq: 3 });

const topic: fc.Arbitrary<TopicState> = fc.record({
  kind: fc.constantFrom('CATEGORY', 'TAG'),
  key: text.map(foldText),
  label: text,
  points: number,
  longTerm: number,
  session: number,
  updatedAtMs: timeMs,
  dwellMsTotal: number,
  dwellEvents: count,
});
const engagement: fc.Arbitrary<EngagementState> = fc.record({
  marketId: text,
  engagedAtMs: orNull(timeMs),
  weight: number,
  viewedAtMs: orNull(timeMs),
  viewProbability: orNull(number),
  tradedAtMs: orNull(timeMs),
  tradedProbability: orNull(fc.double({ min: 0, max: 1, noNaN: true })),
  category: text.map(foldText),
  tags: fc.array(text.map(foldText), { maxLength: 4 }),
});
const impression: fc.Arbitrary<ImpressionState> = fc.record({
  marketId: text,
  shownAtMs: fc.array(timeMs, { maxLength: 32 }),
  probability: orNull(number),
  volume24h: number,
  clickedSince: fc.boolean(),
});
const stake: fc.Arbitrary<StakeState> = fc.record({
  category: text.map(foldText),
  stake: number,
  atMs: timeMs,
});

const mapOf = <Value, Key extends string>(
  values: fc.Arbitrary<Value>,
  keyOf: (value: Value) => Key,
): fc.Arbitrary<ReadonlyMap<Key, Value>> =>
  fc
    .array(values, { maxLength: 12, size: 'max' })
    .map((list) => new Map(list.map((value) => [keyOf(value), value] as const)));

const profile: fc.Arbitrary<ProfileState> = fc.record({
  userKey: text,
  version: count,
  totalInteractions: count,
  country: orNull(text),
  lastActiveAtMs: orNull(timeMs),
  sessionStartedAtMs: orNull(timeMs),
  sessionInteractions: count,
  topics: mapOf(topic, ({ kind, key }) => topicId(kind, key)),
  engagements: mapOf(engagement, ({ marketId }) => marketId),
  hidden: fc.array(fc.tuple(text, timeMs)).map((entries) => new Map(entries)),
  impressions: mapOf(impression, ({ marketId }) => marketId),
  stakes: fc.array(stake),
});

/** The state with its maps as lists, whose order counts in a comparison. */
function inOrder(state: ProfileState): unknown {
  const { topics, engagements, hidden, impressions } = state;
  const lists = { topics: [...topics], engagements: [...engagements] };
  return { ...state, ...lists, hidden: [...hidden], impressions: [...impressions] };
}

/** Somebody with 26 topics, 15 markets engaged with and 27 shown. */
function typicalPerson(): ProfileState {
  const events = Array.from({ length: 27 }, (_, index) => {
    const atMs = NOON_MS - (27 - index) * 7_654_321;
    const market = {
      id: `will-something-happen-before-the-end-of-${index}`,
      category: `Category ${index % 4}`,
      tags: [`Tag ${index % 22}`, `Tag ${(index * 5) % 22}`, `Tag ${(index + 8) % 22}`],
      probability: (index * 37 + 5) / 1_000,
      volume24h: 1_234.56 * index,
    };
    const shown = profileEvent('IMPRESSION', atMs, { market });
    return index < 15 ? [shown, profileEvent('CLICK', atMs + 4_321, { market, dwellMs: 9_876 })] : [shown];
  });
  return personAfter(...events.flat());
}

describe('a profile turned into bytes', () => {
  it('comes back exactly as it was, in its order', () => {
    const codec = new ProfileCodec(new StringTable());
    fc.assert(
      fc.property(profile, (state) => {
        expect(inOrder(codec.decode(state.userKey, codec.encode(state)))).toEqual(inOrder(state));
      }),
      { numRuns: 300 },
    );
  });

  it('comes back as it was when others were turned into bytes in between', () => {
    const codec = new ProfileCodec(new StringTable());
    fc.assert(
      fc.property(fc.array(profile, { minLength: 2, maxLength: 5 }), (states) => {
        const encoded = states.map((state) => codec.encode(state));
        const decoded = encoded.map((bytes, index) => codec.decode(states[index]?.userKey ?? '', bytes));
        expect(decoded.map(inOrder)).toEqual(states.map(inOrder));
      }),
    );
  });

  it('takes less than 1.5 KB for a typical person, in memory of no more than that', () => {
    const person = typicalPerson();
    expect([person.topics.size, person.engagements.size, person.impressions.size]).toEqual([26, 15, 27]);
    const bytes = new ProfileCodec(new StringTable()).encode(person);
    expect(bytes.length).toBeLessThan(1_536);
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  it('comes back as it was from somebody who saw very much', () => {
    const shownAtMs = Array.from({ length: 32 }, (_, index) => NOON_MS - index * 3_456_789);
    const impressions = Array.from({ length: 500 }, (_, index): ImpressionState => {
      const marketId = `market-${index}`;
      return {
        marketId,
        shownAtMs,
        probability: index / 499,
        volume24h: Math.sqrt(index),
        clickedSince: false,
      };
    });
    const state: ProfileState = {
      ...typicalPerson(),
      impressions: new Map(impressions.map((impression) => [impression.marketId, impression])),
    };
    const codec = new ProfileCodec(new StringTable());
    expect(inOrder(codec.decode('ada', codec.encode(state)))).toEqual(inOrder(state));
  });

  it('takes no bytes for a person never seen', () => {
    const codec = new ProfileCodec(new StringTable());
    const bytes = codec.encode(emptyProfile('ada'));
    expect(bytes.length).toBe(0);
    expect(codec.decode('bob', bytes)).toEqual(emptyProfile('bob'));
  });

  it('names a string by its number, however many people share it', () => {
    const strings = new StringTable();
    const codec = new ProfileCodec(strings);
    codec.encode(typicalPerson());
    const { size, bytes } = strings;
    codec.encode({ ...typicalPerson(), userKey: 'bob' });
    expect({ size: strings.size, bytes: strings.bytes }).toEqual({ size, bytes });
  });

  it('is refused, not misread, when the strings are gone', () => {
    const strings = new StringTable();
    const codec = new ProfileCodec(strings);
    const bytes = codec.encode(typicalPerson());
    strings.clear();
    expect({ size: strings.size, bytes: strings.bytes }).toEqual({ size: 0, bytes: 0 });
    expect(() => codec.decode('ada', bytes)).toThrow(RangeError);
  });
});

describe('a profile as the store keeps it', () => {
  it('comes back exactly as it was, in its order, with nothing else at hand', () => {
    fc.assert(
      fc.property(profile, (state) => {
        const stored = encodeStoredProfile(state);
        expect(inOrder(decodeStoredProfile(state.userKey, state.version, stored))).toEqual(inOrder(state));
      }),
      { numRuns: 300 },
    );
  });

  it('with topic keys of an earlier form is read with the present form, and topics of one key become one', () => {
    const topic = { kind: 'TAG', longTerm: 1, session: 0, dwellMsTotal: 0, dwellEvents: 0 } as const;
    const old = [
      { ...topic, key: 'cafe\u0301', label: 'Cafe\u0301', points: 2, updatedAtMs: NOON_MS },
      { ...topic, key: 'caf\u00e9', label: 'Caf\u00e9', points: 3, longTerm: 5, updatedAtMs: NOON_MS + 1 },
    ];
    const topics = new Map(old.map((state) => [topicId(state.kind, state.key), state]));
    const stored = encodeStoredProfile({ ...typicalPerson(), topics });
    expect([...decodeStoredProfile('ada', 1, stored).topics.values()]).toMatchObject([
      { key: 'caf\u00e9', label: 'Caf\u00e9', points: 5, longTerm: 5, updatedAtMs: NOON_MS + 1 },
    ]);
  });

  it('has each of its strings once, however often it names them', () => {
    const stored = Buffer.from(encodeStoredProfile(typicalPerson())).toString('latin1');
    for (const text of ['will-something-happen-before-the-end-of-3', 'category 2', 'Tag 20']) {
      expect(stored.split(text)).toHaveLength(2);
    }
    expect(stored.length).toBeLessThan(3_072);
  });

  it('may hold more at its end than is known here', () => {
    const person = typicalPerson();
    const stored = Buffer.concat([encodeStoredProfile(person), Buffer.from([1, 2, 3])]);
    expect(inOrder(decodeStoredProfile(person.userKey, person.version, stored))).toEqual(inOrder(person));
  });

  it('is refused with the number of its format when that is not known', () => {
    const stored = Uint8Array.of(2, 0);
    expect(() => decodeStoredProfile('ada', 1, stored)).toThrow(
      'A profile is stored in format 2, which this version of the gateway does not know; it knows 1.',
    );
  });

  it('is refused when it was cut off', () => {
    const stored = encodeStoredProfile(typicalPerson());
    for (const length of [0, 1, 40, stored.length - 1]) {
      expect(() => decodeStoredProfile('ada', 1, stored.subarray(0, length))).toThrow(RangeError);
    }
  });
});
