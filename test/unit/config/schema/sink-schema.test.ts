import { describe, expect, it } from 'vitest';
import { sinksSchema } from '../../../../src/config/schema/sink-schema.js';

const errorsOf = (sinks: unknown): string[] =>
  (sinksSchema.safeParse(sinks).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

const jsonl = { type: 'jsonl', name: 'files', folder: 'events' };

describe('sinksSchema', () => {
  it('applies the defaults of each type', () => {
    const bigquery = { type: 'bigquery', name: 'warehouse', project: 'p-1', dataset: 'd', table: 'events' };
    expect(sinksSchema.parse([jsonl, { type: 'nats', name: 'bus' }, bigquery])).toEqual([
      { ...jsonl, userKeys: 'pseudonym', batchSize: 500, maxFileMegabytes: 100 },
      {
        ...{ type: 'nats', name: 'bus', userKeys: 'pseudonym', batchSize: 500, servers: ['127.0.0.1:4222'] },
        ...{ stream: 'BELLWETHER', subjectPrefix: 'bellwether.events', createStream: false },
        ...{ duplicateWindowSeconds: 600, ackTimeoutMs: 5_000 },
      },
      {
        ...{ ...bigquery, userKeys: 'pseudonym', batchSize: 500, requestTimeoutMs: 10_000 },
        endpoint: 'https://bigquery.googleapis.com',
      },
    ]);
  });

  it('reports every error with its path', () => {
    expect(
      errorsOf([
        { ...jsonl, name: 'Files!' },
        { ...jsonl, batchSize: 501 },
        { ...jsonl, name: 'other', userKeys: 'hash' },
        { ...jsonl, name: 'third', path: 'x' },
        { type: 'nats', name: 'bus', user: 'gateway' },
        { type: 'kafka', name: 'k' },
      ]),
    ).toEqual([
      expect.stringContaining('0.name: must be 1 to 32'),
      expect.stringContaining('1.batchSize:'),
      expect.stringContaining('2.userKeys:'),
      expect.stringContaining('3: Unrecognized key: "path"'),
      '4.user: must be set together with passwordFile',
      expect.stringContaining('5.type:'),
    ]);
  });

  it('rejects a duplicate name, because the name identifies the sink in the outbox', () => {
    expect(errorsOf([jsonl, { type: 'nats', name: 'files' }])).toEqual([
      '1.name: must be unique ("files" is the name of another sink)',
    ]);
  });
});
