/** Memory that is used again from call to call. */
export type Floats = Float64Array<ArrayBuffer>;
export type Wholes = Int32Array<ArrayBuffer>;
export type Flags = Uint8Array<ArrayBuffer>;

/**
 * Room for `size` numbers in the memory of an earlier array, or in new memory, all zeros, when that is too small. What
 * the earlier one held is still there; the earlier one is not to be used any more.
 */
export function roomFor(size: number, earlier: Floats): Floats {
  if (earlier.length === size) return earlier;
  if (earlier.buffer.byteLength < size * Float64Array.BYTES_PER_ELEMENT) return new Float64Array(size);
  return new Float64Array(earlier.buffer, 0, size);
}

/** {@link roomFor} of whole numbers. */
export function wholeRoomFor(size: number, earlier: Wholes): Wholes {
  if (earlier.length === size) return earlier;
  if (earlier.buffer.byteLength < size * Int32Array.BYTES_PER_ELEMENT) return new Int32Array(size);
  return new Int32Array(earlier.buffer, 0, size);
}

/** {@link roomFor} of flags. */
export function flagsFor(size: number, earlier: Flags): Flags {
  if (earlier.length === size) return earlier;
  if (earlier.buffer.byteLength < size) return new Uint8Array(size);
  return new Uint8Array(earlier.buffer, 0, size);
}

/** At least `size` numbers, those of the earlier array kept. */
export function lengthened<Room extends Float32Array | Int32Array>(
  earlier: Room,
  size: number,
  make: (size: number) => Room,
): Room {
  if (earlier.length >= size) return earlier;
  const longer = make(Math.max(size, earlier.length * 2));
  longer.set(earlier);
  return longer;
}
