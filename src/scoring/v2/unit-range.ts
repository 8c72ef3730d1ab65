/** The number brought into 0–1; what is not a number is 0, so that no fault of an input reaches a score. */
export function unitRange(value: number): number {
  if (value >= 1) return 1;
  return value > 0 ? value : 0;
}
