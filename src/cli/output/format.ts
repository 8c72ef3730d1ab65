/** Formats an instant in UTC, to the second. */
export function instant(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}

/** Formats a number with its sign and a fixed number of decimals. */
export function signed(value: number, decimals: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(decimals)}`;
}
