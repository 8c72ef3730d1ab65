import { ABSENT, DECIMAL_SCALE, EIGHT_BYTES } from './codec-writer.js';

const NO_VALUE = 'The bytes end before the value, or contain none.';

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/**
 * Reads values that `CodecWriter` wrote, in the same order. Other bytes result in a RangeError or in wrong values.
 */
export class CodecReader {
  #position = 0;
  #lastTimeMs = 0;

  /** @param strings the strings that the bytes refer to by index. */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly strings: readonly string[] = [],
  ) {}

  /** Offset of the next value. */
  get position(): number {
    return this.#position;
  }

  get isAtEnd(): boolean {
    return this.#position === this.bytes.length;
  }

  whole(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 0x80; ; scale *= 0x80) {
      const byte = this.#byte();
      if (byte < 0x80) return value + byte * scale;
      value += (byte & 0x7f) * scale;
    }
  }

  number(): number {
    return present(this.numberOrNull());
  }

  numberOrNull(): number | null {
    const mark = this.whole();
    if (mark === ABSENT) return null;
    if (mark === EIGHT_BYTES) return this.#eightBytes();
    return mark % 2 === 0 ? signed((mark - 2) / 2) : signed((mark - 3) / 2) / DECIMAL_SCALE;
  }

  probability(): number | null {
    const mark = this.whole();
    if (mark === ABSENT) return null;
    return mark === EIGHT_BYTES ? this.#eightBytes() : (mark - 2) / DECIMAL_SCALE;
  }

  rounded(): number {
    const mark = this.whole();
    if (mark === ABSENT) return this.number();
    return ((mark - 1) % 1_000) * 10 ** Math.floor((mark - 1) / 1_000);
  }

  time(): number {
    return present(this.timeOrNull());
  }

  timeOrNull(): number | null {
    const mark = this.whole();
    if (mark === ABSENT) return null;
    if (mark === EIGHT_BYTES) return this.#eightBytes();
    this.#lastTimeMs += signed(mark - 2);
    return this.#lastTimeMs;
  }

  text(): string {
    return present(this.strings[this.whole()]);
  }

  utf8(): string {
    const length = this.whole();
    const end = this.#position + length;
    if (end > this.bytes.length) throw new RangeError(NO_VALUE);
    const text = Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length).toString(
      'utf8',
      this.#position,
      end,
    );
    this.#position = end;
    return text;
  }

  /** Returns a view of bytes as they were written. */
  raw(length: number): Uint8Array {
    const end = this.#position + length;
    if (end > this.bytes.length) throw new RangeError(NO_VALUE);
    const bytes = this.bytes.subarray(this.#position, end);
    this.#position = end;
    return bytes;
  }

  list<Item>(read: () => Item): Item[] {
    const items: Item[] = [];
    for (let left = this.whole(); left > 0; left--) items.push(read());
    return items;
  }

  /** Reads values into a map, in their order. */
  map<Key, Value>(read: () => Value, keyOf: (value: Value) => Key): Map<Key, Value> {
    const values = new Map<Key, Value>();
    for (let left = this.whole(); left > 0; left--) {
      const value = read();
      values.set(keyOf(value), value);
    }
    return values;
  }

  #eightBytes(): number {
    for (let index = 0; index < 8; index++) floatBytes[index] = this.#byte();
    return present(float[0]);
  }

  #byte(): number {
    const byte = this.bytes[this.#position++];
    if (byte === undefined) throw new RangeError(NO_VALUE);
    return byte;
  }
}

function present<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new RangeError(NO_VALUE);
  return value;
}

/** Decodes a zigzag number: 0, 1, 2, 3, … as 0, −1, 1, −2, … */
function signed(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
