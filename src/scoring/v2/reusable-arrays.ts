/*
 * Typed arrays that a scorer reuses from call to call, so that a ranking allocates no memory in proportion to the
 * catalog.
 */

export type Floats = Float64Array<ArrayBuffer>;
export type Ints = Int32Array<ArrayBuffer>;

/**
 * An array of `size` elements in the memory of an earlier one, or in new memory of zeros if that is too small. Earlier
 * values may still be in it. The caller must not use the earlier array again.
 */
export function reuseFloats(size: number, earlier: Floats): Floats {
  if (earlier.length === size) return earlier;
  if (earlier.buffer.byteLength < size * Float64Array.BYTES_PER_ELEMENT) return new Float64Array(size);
  return new Float64Array(earlier.buffer, 0, size);
}

/** {@link reuseFloats} for integers. */
export function reuseInts(size: number, earlier: Ints): Ints {
  if (earlier.length === size) return earlier;
  if (earlier.buffer.byteLength < size * Int32Array.BYTES_PER_ELEMENT) return new Int32Array(size);
  return new Int32Array(earlier.buffer, 0, size);
}

/** An array of at least `size` elements that keeps the earlier values. It at least doubles when it grows. */
export function grown<Numbers extends Float32Array | Int32Array>(
  earlier: Numbers,
  size: number,
  create: (size: number) => Numbers,
): Numbers {
  if (earlier.length >= size) return earlier;
  const longer = create(Math.max(size, earlier.length * 2));
  longer.set(earlier);
  return longer;
}
