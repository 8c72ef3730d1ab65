import type { ExplorationConfig } from '../../../config/schema/feed-schema.js';
import { hashText } from '../../../domain/hash-text.js';
import {
  betaDeviation,
  betaPosterior,
  rewardRate,
  ucb1Index,
  UNSEEN,
  valueOf,
  type Arm,
} from '../../../scoring/exploration/arms.js';
import { lifeFactor } from '../../../scoring/exploration/exploration-weight.js';
import type { MarketColumns } from '../../../scoring/v2/features.js';
import type { RankingModel } from '../../../scoring/v2/ranking-model.js';

/** Deviations above the mean by which Thompson sampling shortlists rows. */
export const OPTIMISM = 3;

/** The markets that may be explored as arms, by row; the elements of other rows are 0. */
export interface ArmColumns {
  /** By index of `rows`. */
  readonly arms: readonly Arm[];
  readonly rate: Float64Array;
  /** Impressions, with those that the prior is worth. */
  readonly count: Float64Array;
  readonly life: Float64Array;
  /** An order among equal values that differs between versions of the model. */
  readonly tie: Float64Array;
}

export function armColumns(
  rows: Int32Array,
  columns: Pick<MarketColumns, 'size' | 'ids' | 'resolvesAtMs'>,
  { version, exploration: { arms: evidence } }: Pick<RankingModel, 'version' | 'exploration'>,
  config: ExplorationConfig,
  minuteMs: number,
): ArmColumns {
  const { size, ids, resolvesAtMs } = columns;
  const column = (): Float64Array => new Float64Array(size);
  const [rate, count, life, tie] = [column(), column(), column(), column()] as const;
  const arms: Arm[] = [];
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    const id = ids[row] as string;
    const arm = evidence.get(id) ?? UNSEEN;
    arms.push(arm);
    rate[row] = rewardRate(arm, config);
    count[row] = arm.impressions + config.priorImpressions;
    life[row] = lifeFactor((resolvesAtMs[row] as number) - minuteMs);
    tie[row] = hashText(`${version}:${id}`);
  }
  return { arms, rate, count, life, tie };
}

/** Computes the value of each arm from its index in `rows`; 0 for other rows. */
function valueColumn(
  rows: Int32Array,
  size: number,
  life: Float64Array,
  rateOf: (index: number) => number,
): Float64Array {
  const values = new Float64Array(size);
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    values[row] = valueOf(rateOf(i), life[row] as number);
  }
  return values;
}

/** The mean values of arms. */
export function meanValues(rows: Int32Array, { rate, life }: ArmColumns): Float64Array {
  return valueColumn(rows, rate.length, life, (i) => rate[rows[i] as number] as number);
}

/** The values of arms by UCB1. */
export function ucb1Values(
  rows: Int32Array,
  { arms, life }: ArmColumns,
  totalImpressions: number,
  config: ExplorationConfig,
): Float64Array {
  return valueColumn(rows, life.length, life, (i) =>
    ucb1Index(arms[i] as Arm, totalImpressions, config, config.confidence),
  );
}

/** The values of arms at {@link OPTIMISM} deviations above their means. */
export function optimisticValues(
  rows: Int32Array,
  { arms, rate, life }: ArmColumns,
  config: ExplorationConfig,
): Float64Array {
  return valueColumn(rows, life.length, life, (i) => {
    const deviation = betaDeviation(betaPosterior(arms[i] as Arm, config));
    return (rate[rows[i] as number] as number) + OPTIMISM * deviation;
  });
}
