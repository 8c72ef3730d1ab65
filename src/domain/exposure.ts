/** A user whose feed depends on the arm of an experiment, at the first time of a UTC day. */
export interface Exposure {
  readonly userKey: string;
  readonly experiment: string;
  readonly arm: string;
  readonly exposedAtMs: number;
}
