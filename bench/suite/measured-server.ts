import type { Traffic } from './traffic.ts';

/** A server that the suite measures. */
export interface MeasuredServer {
  /** In the baseline and in the JSON file. */
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly pid: number;
  /** Requests of the load. */
  readonly traffic: Traffic;
  /** Default: those of the options. */
  readonly connections?: number;
  close(): Promise<void>;
}
