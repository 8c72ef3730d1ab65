import type { Spread } from './suite.ts';

/** Whole, with separators. */
export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : 'unknown';
}

/** Two digits, such as 0.025 or 1.5. */
export function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(value < 100 ? 2 : 3))) : 'unknown';
}

/** Such as `890 (850 to 910)`. */
export function spreadText({ median, min, max }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(min)} to ${format(max)})`;
}
