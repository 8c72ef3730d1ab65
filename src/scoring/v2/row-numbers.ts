let numbers = new Int32Array(0);

/** The numbers of `size` rows: 0, 1, 2 … The caller must not change them. */
export function rowNumbers(size: number): Int32Array {
  if (numbers.length < size) {
    numbers = new Int32Array(size);
    for (let row = 0; row < size; row += 1) numbers[row] = row;
  }
  return numbers.subarray(0, size);
}
