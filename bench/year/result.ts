import type { YearState } from './build-state.ts';

/** One line of the result. */
export interface Result {
  readonly what: string;
  readonly value: string;
  /** What issue and documentation ask for; absent where nothing is asked. */
  readonly target?: string;
  readonly met?: boolean;
  /** The measured numbers, for the JSON file. */
  readonly numbers: Readonly<Record<string, number>>;
}

export interface MeasureOptions {
  /** How long mixed load lasts. */
  readonly minutes: number;
  /** How long other loads last. */
  readonly seconds: number;
}

export interface Measurement {
  readonly name: string;
  readonly description: string;
  readonly run: (state: YearState, options: MeasureOptions) => Promise<Result[]>;
}
