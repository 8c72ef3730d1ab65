import { registerEnumType } from 'type-graphql';

export const AlgorithmEnum = { V1: 'v1', V2: 'v2' } as const;

registerEnumType(AlgorithmEnum, {
  name: 'Algorithm',
  description: 'A way of ranking.',
  valuesConfig: {
    V1: { description: 'What sites computed before.' },
    V2: {
      description: 'Long-term and session taste, likeness by text, no pestering, and a mix by quotas.',
    },
  },
});
