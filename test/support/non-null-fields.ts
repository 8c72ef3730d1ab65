/** Returns the values that a response has although its root fields failed: each failed root field is null. */
export function nonNullFields(data: unknown): unknown[] {
  return Object.values(data ?? {}).filter((value) => value !== null);
}
