import { readFile } from 'node:fs/promises';
import type { ExampleQuery } from './graphiql.js';

/** The frontend documents that GraphiQL opens with, and variables that find something in the sample. */
const EXAMPLES: readonly (readonly [document: string, variables: Readonly<Record<string, unknown>>])[] = [
  ['feed', { userKey: 'sample-politics-001', country: 'IL' }],
  [
    'track-interaction',
    {
      input: {
        userKey: 'sample-politics-001',
        marketId: 'tel-aviv-derby-winner',
        eventType: 'PARTICIPATE',
        dwellMs: 42000,
      },
    },
  ],
  [
    'simulate-feed',
    {
      userKey: 'sample-politics-001',
      config: { feed: { quotas: { PERSONAL: 1, TRENDING: 0, LOCAL: 0, RISING: 0, EXPLORATION: 0 } } },
    },
  ],
  ['user-profile', { userKey: 'sample-politics-001' }],
  ['trending', { country: 'IL', limit: 10 }],
  ['rising', { limit: 10 }],
  ['market-history', { id: 'tel-aviv-derby-winner' }],
  ['market-moved', { ids: ['tel-aviv-derby-winner'] }],
  ['feed-changed', { userKey: 'sample-politics-001' }],
  ['jobs', {}],
  ['markets', { filter: { category: 'Science', text: 'space' }, first: 5 }],
];

const operations = new URL('../../schema/operations/', import.meta.url);

export function exampleQueries(): Promise<ExampleQuery[]> {
  return Promise.all(
    EXAMPLES.map(async ([document, variables]) => ({
      query: await readFile(new URL(`${document}.graphql`, operations), 'utf8'),
      variables,
    })),
  );
}
