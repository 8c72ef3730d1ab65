/** The value below which a share of the values lie; of none NaN. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Whole, or with one digit below 100. */
export function round(value: number): string {
  if (Number.isNaN(value)) return 'unknown';
  return Math.abs(value) < 100 ? String(Number(value.toFixed(1))) : Math.round(value).toLocaleString('en');
}

/** p50, p95 and the largest. */
export function spreadOf(values: readonly number[], unit: string): string {
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => round(quantile(values, share)));
  return `p50 ${p50}, p95 ${p95}, max ${max} ${unit}`;
}
