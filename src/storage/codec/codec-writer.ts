/** Numbers with up to four decimal places (probabilities, volumes, sums of weights) are stored as varints. */
export const DECIMAL_SCALE = 10_000;

/** Up to this value, an integer fits a varint together with its sign and its mark. */
const MAX_WHOLE = 2 ** 48;

/** Maximum decimal exponent of a rounded number, so that its mark fits two bytes. */
const MAX_EXPONENT = 15;

/** Marks of a number or a time: null, and a value of 8 bytes that follows. Any other mark is the value, as a varint. */
export const ABSENT = 0;
export const EIGHT_BYTES = 1;

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/**
 * Writes values one after another into bytes, for `CodecReader` to read in the same order. Integers are varints: seven bits
 * per byte, lowest first; the eighth bit means that more bytes follow. Signed integers are zigzag-encoded.
 */
export class CodecWriter {
  #bytes = new Uint8Array(4_096);
  #length = 0;
  #lastTimeMs = 0;
  #indexes = new Map<string, number>();

  /** Writes an integer from 0 to 2^53 − 1. */
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

  /** Writes any number exactly. Integers and numbers with up to four decimal places take fewer bytes. */
  number(value: number | null): void {
    const mark = markOf(value);
    this.whole(mark);
    if (mark === EIGHT_BYTES && value !== null) this.#eightBytes(value);
  }

  /** Writes a probability exactly; with up to four decimal places it takes two bytes. */
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

  /** Writes a number of 0 or more exactly. An integer with up to three significant digits takes two bytes. */
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

  /** Writes an instant in milliseconds, as the difference from the instant written before it. */
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

  /** Writes a string as its index in the strings that {@link take} returns, which contain each string once. */
  text(text: string): void {
    const known = this.#indexes.get(text);
    const index = known ?? this.#indexes.size;
    if (known === undefined) this.#indexes.set(text, index);
    this.whole(index);
  }

  /** Writes the length of a string in bytes and its UTF-8 bytes. Lone surrogates are replaced. */
  utf8(text: string): void {
    const bytes = Buffer.from(text);
    this.whole(bytes.length);
    this.raw(bytes);
  }

  /** Writes bytes unchanged. */
  raw(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes the number of items, then the items. */
  list<Item>(items: readonly Item[], write: (item: Item) => void): void {
    this.whole(items.length);
    for (const item of items) write(item);
  }

  /** Writes the values of a map without their keys, as {@link list} does. */
  values<Value>(map: ReadonlyMap<unknown, Value>, write: (value: Value) => void): void {
    this.whole(map.size);
    for (const value of map.values()) write(value);
  }

  /** Returns a copy of the bytes written since the last call, and the strings that they refer to. Resets the writer. */
  take(): { readonly bytes: Uint8Array; readonly strings: readonly string[] } {
    const taken = { bytes: this.#bytes.slice(0, this.#length), strings: [...this.#indexes.keys()] };
    this.#length = 0;
    this.#lastTimeMs = 0;
    if (taken.strings.length > 0) this.#indexes = new Map();
    return taken;
  }

  #eightBytes(value: number): void {
    float[0] = value;
    this.#bytes.set(floatBytes, this.#length);
    this.#length += 8;
  }

  /** @param size in bytes. Default: the maximum size of one number. */
  #makeRoom(size = 16): void {
    if (this.#bytes.length - this.#length >= size) return;
    const larger = new Uint8Array(this.#bytes.length * 2 + size);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Returns the mark of a number: its value, its value in ten-thousandths, or that null or 8 bytes follow. */
function markOf(value: number | null): number {
  if (value === null) return ABSENT;
  if (Math.abs(value) > MAX_WHOLE || Object.is(value, -0)) return EIGHT_BYTES;
  if (Number.isInteger(value)) return 2 + 2 * unsigned(value);
  const scaled = Math.round(value * DECIMAL_SCALE);
  const isExact = scaled / DECIMAL_SCALE === value && Math.abs(scaled) <= MAX_WHOLE;
  return isExact ? 3 + 2 * unsigned(scaled) : EIGHT_BYTES;
}

/** Encodes a zigzag number: 0, −1, 1, −2, … as 0, 1, 2, 3, … */
function unsigned(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
