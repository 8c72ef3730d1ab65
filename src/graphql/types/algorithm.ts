import { registerEnumType } from 'type-graphql';

export const AlgorithmEnum = { V1: 'v1', V2: 'v2' } as const;

registerEnumType(AlgorithmEnum, {
  name: 'Algorithm',
  description: 'Ranking algorithm.',
  valuesConfig: {
    V1: { description: 'Legacy-compatible ranking: interest, similarity, and trending by fixed formulas.' },
    V2: {
      description:
        'Default ranking: long-term and session affinity, text similarity, impression discount, slot quotas.',
    },
  },
});

export const ALGORITHM_VERSION =
  '`v1` or `v2`, the algorithm of the ranking; `fallback` if an input was missing, whatever the algorithm.';
