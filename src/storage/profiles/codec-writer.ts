/** Numbers with up to this many decimal places (probabilities, volumes, sums of weights) are short. */
export const DECIMAL_SCALE = 10_000;

/** Up to this size a whole number fits a varint with its sign and its mark beside it. */
const MAX_WHOLE = 2 ** 48;

/** Of a rounded number: its mark still fits two bytes. */
const MAX_EXPONENT = 15;

/** What stands before a number or a time: nothing follows, or 8 bytes do; otherwise it is a varint itself. */
export const ABSENT = 0;
export const EIGHT_BYTES = 1;

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/**
 * Writes values one after the other into bytes, for `CodecReader` to read in the same order. Whole numbers
 * are varints: seven bits a byte, the lowest first, the eighth says that more follow. A sign goes to the
 * lowest bit.
 */
export class CodecWriter {
  #bytes = new Uint8Array(4_096);
  #length = 0;
  #lastTimeMs = 0;
  #places = new Map<string, number>();

  /** A whole number of 0 to 2^53 − 1. */
  whole(value: number): void {
    this.#makeRoom();
    if (value < 0x80) {
      this.#bytes[this.#length++] = value;
      return;
    }
    let rest = value;
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 0x80))
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** Any number, exactly; the rounder it is, the fewer bytes it takes. */
  number(value: number | null): void {
    const mark = markOf(value);
    this.whole(mark);
    if (mark === EIGHT_BYTES && value !== null) this.#eightBytes(value);
  }

  /** A probability, exactly; in two bytes with up to four decimal places. */
  probability(value: number | null): void {
    const scaled = value === null ? NaN : Math.round(value * DECIMAL_SCALE);
    if (value === null) this.whole(ABSENT);
    else if (
      scaled >= 0 &&
      scaled <= DECIMAL_SCALE &&
      scaled / DECIMAL_SCALE === value &&
      !Object.is(value, -0)
    ) {
      this.whole(2 + scaled);
    } else {
      this.whole(EIGHT_BYTES);
      this.#eightBytes(value);
    }
  }

  /** A number of 0 and up, exactly; in two bytes if it is whole and has up to three significant digits. */
  rounded(value: number): void {
    let exponent = 0;
    let mantissa = value;
    for (; mantissa > 999 && exponent < MAX_EXPONENT; exponent += 1) mantissa = value / 10 ** (exponent + 1);
    const isShort = Number.isInteger(mantissa) && mantissa <= 999 && mantissa * 10 ** exponent === value;
    if (isShort && value >= 0 && !Object.is(value, -0)) this.whole(1 + mantissa + 1_000 * exponent);
    else {
      this.whole(ABSENT);
      this.number(value);
    }
  }

  /** An instant in milliseconds, as its distance from the one written before it: neighbours are close. */
  time(atMs: number | null): void {
    if (atMs === null) {
      this.whole(ABSENT);
    } else if (Number.isInteger(atMs) && Math.abs(atMs) <= MAX_WHOLE) {
      this.whole(2 + unsigned(atMs - this.#lastTimeMs));
      this.#lastTimeMs = atMs;
    } else {
      this.whole(EIGHT_BYTES);
      this.#eightBytes(atMs);
    }
  }

  /** A string, as its place among those that {@link take} gives apart: each of them is there once. */
  text(text: string): void {
    const known = this.#places.get(text);
    const place = known ?? this.#places.size;
    if (known === undefined) this.#places.set(text, place);
    this.whole(place);
  }

  /** A string itself, after its length in bytes; without halves of a character that stand alone. */
  utf8(text: string): void {
    const bytes = Buffer.from(text);
    this.whole(bytes.length);
    this.raw(bytes);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Things one after the other, after their number. */
  list<Item>(items: readonly Item[], write: (item: Item) => void): void {
    this.whole(items.length);
    for (const item of items) write(item);
  }

  /** The things of a map without their keys, as {@link list} writes them. */
  values<Value>(map: ReadonlyMap<unknown, Value>, write: (value: Value) => void): void {
    this.whole(map.size);
    for (const value of map.values()) write(value);
  }

  /** What was written since the last call, in memory of exactly that size, and the strings it names; begins anew. */
  take(): { readonly bytes: Uint8Array; readonly strings: readonly string[] } {
    const taken = { bytes: this.#bytes.slice(0, this.#length), strings: [...this.#places.keys()] };
    this.#length = 0;
    this.#lastTimeMs = 0;
    if (taken.strings.length > 0) this.#places = new Map();
    return taken;
  }

  #eightBytes(value: number): void {
    float[0] = value;
    this.#bytes.set(floatBytes, this.#length);
    this.#length += 8;
  }

  /** @param size by default, for one more number, whichever it is. */
  #makeRoom(size = 16): void {
    if (this.#bytes.length - this.#length >= size) return;
    const larger = new Uint8Array(this.#bytes.length * 2 + size);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** What stands for a number: the number itself or its ten-thousandths, if it is short; or what follows. */
function markOf(value: number | null): number {
  if (value === null) return ABSENT;
  if (Math.abs(value) > MAX_WHOLE || Object.is(value, -0)) return EIGHT_BYTES;
  if (Number.isInteger(value)) return 2 + 2 * unsigned(value);
  const scaled = Math.round(value * DECIMAL_SCALE);
  const isExact = scaled / DECIMAL_SCALE === value && Math.abs(scaled) <= MAX_WHOLE;
  return isExact ? 3 + 2 * unsigned(scaled) : EIGHT_BYTES;
}

/** 0, −1, 1, −2, … as 0, 1, 2, 3, … */
function unsigned(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
