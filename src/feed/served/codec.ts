import { NO_ARMS, type Arms } from '../../domain/experiment.js';
import { CodecReader } from '../../storage/codec/codec-reader.js';
import { CodecWriter } from '../../storage/codec/codec-writer.js';
import type { ServedFeed, ServedItem } from './served-feed.js';

/** Increase it with every change of the format. `unpackPage` and `unpackRest` must read the formats of the last day. */
const FORMAT = 1;

/** A stored code is an index of these lists, so only append to them. Code 0 is null. */
const SLOT_CODES = [null, 'PERSONAL', 'TRENDING', 'LOCAL', 'RISING', 'EXPLORATION'] as const;
const BADGE_CODES = [null, 'MOVED', 'CLOSING_SOON', 'HOT', 'NEW'] as const;
const ALGORITHM_CODES = ['v1', 'v2', 'fallback'] as const;

/** Bits of an item's byte: 3 for the slot, 3 for the badge. */
const BADGE_SHIFT = 3;
const HAS_PROPENSITY = 64;

const PERSONAL = 1;
const PERSONALIZED = 2;
const DEGRADED = 4;
const ALGORITHM_V2 = 8;
const HAS_REST = 16;
const VERSION_SHIFT = 5;

/** A page with the numbers of its markets; another table maps them to ids. */
export type NumberedPage = Omit<ServedFeed, 'feedId' | 'userKey' | 'nowMs' | 'page' | 'rest'> & {
  readonly page: readonly Omit<ServedItem, 'marketId'>[];
  /** Whether the feed has a continuation. */
  readonly hasRest: boolean;
};

const writer = new CodecWriter();

/**
 * Packs everything of a feed but its id, user, time and {@link packRest | continuation}. Scores are exact. About 240 bytes
 * for 20 items.
 */
export function packPage(feed: ServedFeed): Uint8Array {
  const { page, nowMs } = feed;
  writer.whole(FORMAT);
  writer.whole(
    (feed.personal ? PERSONAL : 0) +
      (feed.personalized ? PERSONALIZED : 0) +
      (feed.degraded ? DEGRADED : 0) +
      (feed.algorithm === 'v2' ? ALGORITHM_V2 : 0) +
      (feed.rest === null || feed.rest.length > 0 ? HAS_REST : 0) +
      (ALGORITHM_CODES.indexOf(feed.algorithmVersion) << VERSION_SHIFT),
  );
  writer.utf8(feed.country ?? '');
  writer.whole(feed.limit);
  packVersion(feed.configVersion);
  writer.whole(Number(feed.catalogVersion));
  writer.number(nowMs - feed.trendsComputedAtMs);
  writer.number(feed.profileVersion);
  writer.list(feed.notes, (note) => writer.utf8(note));
  packNumbers(page.map(({ number }) => number));
  packScores(page.map(({ score }) => score));
  for (const { slot, badge, propensity } of page) {
    const codes = SLOT_CODES.indexOf(slot) + (BADGE_CODES.indexOf(badge) << BADGE_SHIFT);
    writer.whole(codes + (propensity === null ? 0 : HAS_PROPENSITY));
  }
  for (const { propensity } of page) if (propensity !== null) writer.number(propensity);
  // Last, because versions of the gateway without models, or without experiments, stop reading before them.
  const arms = Object.entries(feed.arms);
  if (feed.modelVersion !== null || arms.length > 0) packVersion(feed.modelVersion ?? '');
  if (arms.length > 0) writer.list(arms.flat(), (name) => writer.utf8(name));
  return writer.take().bytes;
}

/**
 * @param nowMs the time when the feed was served.
 * @throws {RangeError} for bytes in another format.
 */
export function unpackPage(bytes: Uint8Array, nowMs: number): NumberedPage {
  const reader = new CodecReader(bytes);
  requireFormat(reader);
  const flags = reader.whole();
  const country = reader.utf8();
  const limit = reader.whole();
  const configVersion = unpackVersion(reader);
  const catalogVersion = String(reader.whole());
  const trendsComputedAtMs = nowMs - reader.number();
  const profileVersion = reader.numberOrNull();
  const notes = reader.list(() => reader.utf8());
  const numbers = unpackNumbers(reader);
  const scores = unpackScores(reader, numbers.length);
  const codes = numbers.map(() => reader.whole());
  const page = numbers.map((number, index) => {
    const code = codes[index] ?? 0;
    return {
      number,
      score: scores[index] ?? 0,
      slot: valueOf(SLOT_CODES, code & 7),
      badge: valueOf(BADGE_CODES, (code >> BADGE_SHIFT) & 7),
      propensity: (code & HAS_PROPENSITY) > 0 ? reader.number() : null,
    };
  });
  return {
    ...{ country: country === '' ? null : country, limit, configVersion, catalogVersion },
    ...{ trendsComputedAtMs, profileVersion, notes },
    hasRest: (flags & HAS_REST) > 0,
    personal: (flags & PERSONAL) > 0,
    personalized: (flags & PERSONALIZED) > 0,
    degraded: (flags & DEGRADED) > 0,
    algorithm: (flags & ALGORITHM_V2) > 0 ? 'v2' : 'v1',
    algorithmVersion: valueOf(ALGORITHM_CODES, flags >> VERSION_SHIFT),
    page,
    modelVersion: reader.isAtEnd ? null : unpackVersion(reader) || null,
    arms: reader.isAtEnd ? NO_ARMS : unpackArms(reader),
  };
}

function unpackArms(reader: CodecReader): Arms {
  const names = reader.list(() => reader.utf8());
  return Object.fromEntries(
    names.flatMap((name, index) => (index % 2 === 0 ? [[name, names[index + 1] ?? '']] : [])),
  );
}

/** Packs the numbers of a continuation, in order. About 480 bytes for 200 of 400,000 markets. */
export function packRest(numbers: readonly number[]): Uint8Array {
  writer.whole(FORMAT);
  packNumbers(numbers);
  return writer.take().bytes;
}

/** @throws {RangeError} for bytes in another format. */
export function unpackRest(bytes: Uint8Array): number[] {
  const reader = new CodecReader(bytes);
  requireFormat(reader);
  return unpackNumbers(reader);
}

/** Packs doubles exactly. The high bytes that all of them share are written once: one byte if all have one magnitude. */
function packScores(scores: readonly number[]): void {
  const bytes = scores.map((score) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, score);
    return new Uint8Array(view.buffer);
  });
  const [first = new Uint8Array()] = bytes;
  const different = first.findIndex((byte, index) => bytes.some((other) => other[index] !== byte));
  const shared = different === -1 ? first.length : different;
  writer.whole(shared);
  writer.raw(first.subarray(0, shared));
  for (const each of bytes) writer.raw(each.subarray(shared));
}

function unpackScores(reader: CodecReader, length: number): number[] {
  const shared = reader.raw(reader.whole());
  const view = new DataView(new ArrayBuffer(8));
  const bytes = new Uint8Array(view.buffer);
  bytes.set(shared);
  return Array.from({ length }, () => {
    bytes.set(reader.raw(8 - shared.length), shared.length);
    return view.getFloat64(0);
  });
}

/** Packs hexadecimal digits in half as many bytes, and any other text as UTF-8. */
function packVersion(version: string): void {
  const digits = Buffer.from(version, 'hex');
  const isHex = digits.toString('hex') === version;
  const bytes = isHex ? digits : Buffer.from(version);
  writer.whole(isHex ? 1 : 0);
  writer.whole(bytes.length);
  writer.raw(bytes);
}

function unpackVersion(reader: CodecReader): string {
  const encoding = reader.whole() === 1 ? 'hex' : 'utf8';
  return Buffer.from(reader.raw(reader.whole())).toString(encoding);
}

/** Packs numbers of 0 to 2^31 − 1, each in as many bits as the largest needs, the lowest bits first. */
function packNumbers(numbers: readonly number[]): void {
  const bits = 32 - Math.clz32(Math.max(0, ...numbers));
  const bytes = new Uint8Array(Math.ceil((numbers.length * bits) / 8));
  let length = 0;
  // At most 7 + 31 bits are pending. Arithmetic holds them, because bitwise operators are limited to 32.
  let pending = 0;
  let pendingBits = 0;
  for (const number of numbers) {
    pending += number * 2 ** pendingBits;
    for (pendingBits += bits; pendingBits >= 8; pendingBits -= 8) {
      bytes[length++] = pending % 256;
      pending = Math.floor(pending / 256);
    }
  }
  if (pendingBits > 0) bytes[length] = pending;
  writer.whole(numbers.length);
  writer.whole(bits);
  writer.raw(bytes);
}

function unpackNumbers(reader: CodecReader): number[] {
  const length = reader.whole();
  const bits = reader.whole();
  const bytes = reader.raw(Math.ceil((length * bits) / 8));
  const range = 2 ** bits;
  let position = 0;
  let pending = 0;
  let pendingBits = 0;
  return Array.from({ length }, () => {
    for (; pendingBits < bits; pendingBits += 8) pending += (bytes[position++] ?? 0) * 2 ** pendingBits;
    const number = pending % range;
    pending = Math.floor(pending / range);
    pendingBits -= bits;
    return number;
  });
}

function requireFormat(reader: CodecReader): void {
  const format = reader.whole();
  if (format !== FORMAT)
    throw new RangeError(`A served feed has the unknown format ${format}; supported is ${FORMAT}.`);
}

function valueOf<Value>(values: readonly Value[], code: number): Value {
  const value = values[code];
  if (value === undefined) throw new RangeError(`A served feed has the unknown code ${code}.`);
  return value;
}
