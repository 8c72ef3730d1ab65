import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../../src/lib/time.js';
import { formatOf, type IdOf, type NumberOf } from '../../../../src/storage/profiles/column-codec.js';
import { emptyProfile, type FullProfile } from '../../../../src/domain/profile.js';
import {
  decodeLifetime,
  decodeShown,
  encodeLifetime,
  encodeShown,
} from '../../../../src/storage/profiles/profile-columns.js';
import { decodeState, encodeState } from '../../../../src/storage/profiles/state-column.js';
import { inOrder, profileOf, text } from '../../../support/profile-arbitraries.js';
import { NOON_MS, profileAfter, profileEvent } from '../../../support/profile-events.js';

/** Ids of markets with a number from 1 to 2^31 − 1, and of markets without one, whose ids may be any text. */
const marketId = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((number) => `numbered ${number}`),
  text,
);
const numberOf: NumberOf = (id) => (id.startsWith('numbered ') ? Number(id.slice(9)) : undefined);
const idOf: IdOf = (number) => `numbered ${number}`;

/** Encodes and decodes all columns of a profile. */
function restored(profile: FullProfile, findId: IdOf = idOf): FullProfile {
  return {
    userKey: profile.userKey,
    version: profile.version,
    ...decodeState(encodeState(profile, numberOf), findId),
    ...decodeShown(encodeShown(profile, numberOf), findId),
    lifetime: decodeLifetime(encodeLifetime(profile.lifetime)),
  };
}

describe('the columns of a profile', () => {
  it('decode to the same profile, with all entries in the same order', () => {
    fc.assert(
      fc.property(profileOf(marketId), (profile) => {
        expect(inOrder(restored(profile))).toEqual(inOrder(profile));
      }),
      { numRuns: 300 },
    );
  });

  it('decode without the entries of markets whose number is unknown', () => {
    // Markets with an even number are known.
    const isKnown = (id: string): boolean => (numberOf(id) ?? 0) % 2 === 0;
    const known: IdOf = (number) => (number % 2 === 0 ? idOf(number) : undefined);
    const entriesOf = <Value>(map: ReadonlyMap<string, Value>) => [...map].filter(([id]) => isKnown(id));
    fc.assert(
      fc.property(profileOf(marketId), (profile) => {
        const { engagements, hidden, impressions } = restored(profile, known);
        expect([...engagements]).toEqual(entriesOf(profile.engagements));
        expect([...hidden]).toEqual(entriesOf(profile.hidden));
        expect([...impressions]).toEqual(entriesOf(profile.impressions));
      }),
    );
  });

  it('contain the id of a market only if it has no number', () => {
    const clicked = (id: string) => profileEvent('CLICK', NOON_MS, { market: { id } });
    const bytesOf = (id: string) => Buffer.from(encodeState(profileAfter(clicked(id)), numberOf));
    expect(bytesOf('numbered 77').includes('numbered')).toBe(false);
    expect(bytesOf('will-it-rain').includes('will-it-rain')).toBe(true);
  });

  it('are empty for a user without events, and for a column without entries', () => {
    const empty = emptyProfile('ada');
    expect([encodeState(empty, numberOf), encodeShown(empty, numberOf)].map(formatOf)).toEqual([0, 0]);
    expect(encodeLifetime(empty.lifetime)).toHaveLength(0);
    expect(restored(empty)).toEqual(empty);
    const shown = profileAfter(profileEvent('IMPRESSION', NOON_MS));
    expect(encodeState(shown, numberOf)).toHaveLength(0);
    expect(restored(shown)).toEqual(shown);
  });

  it('contain each label once when many engagements have the topic', () => {
    const events = Array.from({ length: 20 }, (_, index) =>
      profileEvent('CLICK', NOON_MS + index, {
        market: { id: `numbered ${index + 1}`, tags: ['Élections'] },
      }),
    );
    const bytes = Buffer.from(encodeState(profileAfter(...events), numberOf)).toString();
    // Two parts, so the label occurs once.
    for (const label of ['Politics', 'Élections']) expect(bytes.split(label)).toHaveLength(2);
  });

  it('are rejected when their format is unknown, with an error that names the format', () => {
    for (const decode of [
      () => decodeState(Uint8Array.of(3, 0), idOf),
      () => decodeLifetime(Uint8Array.of(3)),
    ]) {
      expect(decode).toThrow(
        'A profile is stored in format 3. This version of the gateway reads formats 1 and 2',
      );
    }
  });

  it('are rejected when they are truncated', () => {
    const profile = profileAfter(
      profileEvent('IMPRESSION', NOON_MS - DAY_MS),
      profileEvent('PARTICIPATE', NOON_MS, { stake: 5 }),
    );
    const columns: readonly [Uint8Array, (bytes: Uint8Array) => unknown][] = [
      [encodeState(profile, numberOf), (bytes) => decodeState(bytes, idOf)],
      [encodeShown(profile, numberOf), (bytes) => decodeShown(bytes, idOf)],
      [encodeLifetime(profile.lifetime), decodeLifetime],
    ];
    for (const [bytes, decode] of columns) {
      for (let length = 1; length < bytes.length; length += 1) {
        expect(() => decode(bytes.subarray(0, length))).toThrow(RangeError);
      }
    }
  });
});
