import { MINUTE_MS } from '../../shared/time.js';
import type { LoadValues } from '../component.js';
import type { AffinityConstants } from '../constants.js';
import type { TopicColumns, UserFeatures } from '../features.js';
import { reuseFloats, type Floats } from '../reusable-arrays.js';
import { decayFactor } from '../../../domain/decay.js';

/**
 * Share of the session in a user's affinities: `n / (n + sessionEvents) · 2^(−idle / half-life)`, where n is the number
 * of session events. The long term has the rest.
 *
 * Range 0 to below 1. Source: algorithm v2.
 */
export function sessionShare(
  { sessionEvents, idleMs }: Pick<UserFeatures, 'sessionEvents' | 'idleMs'>,
  constants: AffinityConstants,
): number {
  if (!(sessionEvents > 0 && sessionEvents < Infinity)) return 0;
  const idleMinutes = idleMs > 0 ? idleMs / MINUTE_MS : 0;
  return (
    (sessionEvents / (sessionEvents + constants.sessionEvents)) *
    decayFactor(idleMinutes, constants.sessionIdleHalfLifeMinutes)
  );
}

/**
 * Affinity to a topic: `((1 − w)·tanh(longTerm / scale) + w·tanh(session / scale)) · idf`, where w is the share of the
 * session and idf, 0–1, is higher for topics that few markets have. NaN points count as 0.
 *
 * Range −1 to 1. Source: algorithm v2.
 *
 * @param longTerm decayed sum of event weights, in points.
 * @param session the same for the current session.
 */
export function topicAffinity(
  longTerm: number,
  session: number,
  share: number,
  idf: number,
  constants: AffinityConstants,
): number {
  const affinity =
    (1 - share) * Math.tanh(longTerm / constants.longTermScale) +
    share * Math.tanh(session / constants.sessionScale);
  return Number.isNaN(affinity) ? 0 : affinity * idf;
}

/** The affinities of a user by topic id; a category's is multiplied by `categoryFactor`. Reuses an earlier array. */
export function affinitiesByTopic(
  topics: TopicColumns,
  user: UserFeatures,
  constants: AffinityConstants,
  earlier: Floats,
): Floats {
  const affinities = reuseFloats(topics.count, earlier).fill(0);
  const share = sessionShare(user, constants);
  for (const { kind, key, longTerm, session } of user.topics) {
    const topic = topics.idOf(kind, key);
    if (topic === undefined) continue;
    const factor = kind === 'CATEGORY' ? constants.categoryFactor : 1;
    affinities[topic] =
      factor * topicAffinity(longTerm, session, share, topics.idf[topic] as number, constants);
  }
  return affinities;
}

/**
 * Interest in a market's topics: `strongest · max⁺ + (1 − strongest) · mean⁺` of the user's affinities to them. ⁺ counts
 * a negative affinity as 0, and the mean is over all topics of the market.
 *
 * Range 0 to 1; 0 for a market without topics. Source: algorithm v2.
 *
 * @param affinities by topic id.
 * @param topics the topic ids of the market are `topics[from]` to `topics[to − 1]`.
 */
export function interest(
  affinities: Float64Array,
  topics: Int32Array,
  from: number,
  to: number,
  strongest: number,
): number {
  let largest = 0;
  let sum = 0;
  for (let index = from; index < to; index += 1) {
    // Math.max instead of a branch: the sign is unpredictable for the processor.
    const affinity = Math.max(0, affinities[topics[index] as number] as number);
    sum += affinity;
    largest = Math.max(largest, affinity);
  }
  return sum === 0 ? 0 : strongest * largest + ((1 - strongest) * sum) / (to - from);
}

/** The component `interest`. */
export function interestValues({ strongest }: AffinityConstants): LoadValues {
  return ({ columns: { topics }, affinities }) => ({
    fill(rows, values) {
      const { start, ids } = topics;
      for (let i = 0; i < rows.length; i += 1) {
        const row = rows[i] as number;
        values[i] = interest(affinities, ids, start[row] as number, start[row + 1] as number, strongest);
      }
    },
    fillGroups({ rows, postingStart, postings }, values) {
      values.fill(0, 0, rows.length);
      const { start, ids } = topics;
      for (let topic = 0; topic < postingStart.length - 1; topic += 1) {
        if (!((affinities[topic] as number) > 0)) continue;
        const end = postingStart[topic + 1] as number;
        for (let at = postingStart[topic] as number; at < end; at += 1) {
          const group = postings[at] as number;
          // Computed for another of its topics.
          if (values[group] !== 0) continue;
          const row = rows[group] as number;
          values[group] = interest(
            affinities,
            ids,
            start[row] as number,
            start[row + 1] as number,
            strongest,
          );
        }
      }
    },
  });
}

/**
 * The strongest negative affinity among a market's topics, as a positive number; 0 without any. One topic is enough,
 * whatever the affinity to the others. The score subtracts it.
 *
 * Range 0 to 1. Source: algorithm v2.
 *
 * @param affinities by topic id.
 * @param topics the topic ids of the market are `topics[from]` to `topics[to − 1]`.
 */
export function negative(affinities: Float64Array, topics: Int32Array, from: number, to: number): number {
  let smallest = 0;
  for (let index = from; index < to; index += 1) {
    smallest = Math.min(smallest, affinities[topics[index] as number] as number);
  }
  return smallest === 0 ? 0 : -smallest;
}

/** The component `negative`. */
export function negativeValues(): LoadValues {
  return ({ columns: { topics }, affinities }) => ({
    fill(rows, values) {
      const { start, ids } = topics;
      for (let i = 0; i < rows.length; i += 1) {
        const row = rows[i] as number;
        values[i] = negative(affinities, ids, start[row] as number, start[row + 1] as number);
      }
    },
    fillGroups({ rows, postingStart, postings }, values) {
      values.fill(0, 0, rows.length);
      for (let topic = 0; topic < postingStart.length - 1; topic += 1) {
        const affinity = affinities[topic] as number;
        if (!(affinity < 0)) continue;
        const end = postingStart[topic + 1] as number;
        for (let at = postingStart[topic] as number; at < end; at += 1) {
          const group = postings[at] as number;
          values[group] = Math.max(values[group] as number, -affinity);
        }
      }
    },
  });
}
