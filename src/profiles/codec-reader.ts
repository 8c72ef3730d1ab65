import { ABSENT, DECIMAL_SCALE, EIGHT_BYTES } from './codec-writer.js';
import type { StringTable } from './string-table.js';

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/**
 * Reads what `CodecWriter` wrote, in the same order. Bytes that it did not write so give a RangeError, or
 * wrong values.
 */
export class CodecReader {
  #position = 0;
  #lastTimeMs = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly strings: StringTable,
  ) {}

  whole(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
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

  shared(): string {
    return this.strings.stringOf(this.whole());
  }

  list<Item>(read: () => Item): Item[] {
    const items: Item[] = [];
    for (let left = this.whole(); left > 0; left--) items.push(read());
    return items;
  }

  #eightBytes(): number {
    for (let index = 0; index < 8; index++) floatBytes[index] = this.#byte();
    return present(float[0]);
  }

  #byte(): number {
    return present(this.bytes[this.#position++]);
  }
}

function present<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new RangeError('The bytes hold no value here.');
  return value;
}

/** 0, 1, 2, 3, … as 0, −1, 1, −2, … */
function signed(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
