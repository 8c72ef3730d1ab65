import { z } from 'zod';
import { amount, name, whole } from './field-types.js';

const common = {
  name: name.describe(
    'unique name; identifies the sink in the outbox and in metrics. A sink with a new name receives only new events',
  ),
  userKeys: z
    .enum(['pseudonym', 'plain'])
    .default('pseudonym')
    .describe('`pseudonym`: HMAC of the user key; `plain`: the user key itself'),
  batchSize: whole({ least: 1, most: 500 }).default(500).describe('maximum events of one delivery'),
};

const file = z.string().min(1, 'must be a file');

const jsonlSink = z.strictObject({
  ...common,
  type: z.literal('jsonl'),
  folder: z
    .string()
    .min(1, 'must be a folder')
    .describe('folder of the files, created if missing; relative to the working directory'),
  maxFileMegabytes: amount({ above: 0, most: 10_000 })
    .default(100)
    .describe('a file that has reached this size gets no further batch'),
});

const natsSink = z.strictObject({
  ...common,
  type: z.literal('nats'),
  servers: z
    .array(z.string().min(1))
    .min(1)
    .default(['127.0.0.1:4222'])
    .describe('addresses of the NATS servers, `host:port`'),
  stream: z
    .string()
    .regex(/^[^\s.*>/\\]+$/, 'must not contain spaces, dots, slashes or wildcards')
    .default('BELLWETHER')
    .describe('JetStream stream that receives the events'),
  subjectPrefix: z
    .string()
    .regex(/^[^\s.*>]+(\.[^\s.*>]+)*$/, 'must be a subject without wildcards')
    .default('bellwether.events')
    .describe('an event is published to `<subjectPrefix>.<event type in lower case>`'),
  createStream: z
    .boolean()
    .default(false)
    .describe('whether to create the stream, for `<subjectPrefix>.*`, if it is missing'),
  duplicateWindowSeconds: whole({ least: 1, most: 86_400 })
    .default(600)
    .describe('time for which a stream that the gateway creates recognizes duplicates'),
  ackTimeoutMs: whole({ least: 100, most: 10_000 })
    .default(5_000)
    .describe('time limit for an acknowledgment, in ms'),
  credentialsFile: file.optional().describe('file with JWT and key seed, read at each connect'),
  user: z.string().min(1).optional().describe('user name; requires `passwordFile`'),
  passwordFile: file.optional().describe('file with the password of `user`'),
  tls: z
    .strictObject({
      caFile: file.optional().describe('certificates of the accepted authorities'),
      certFile: file.optional().describe('client certificate'),
      keyFile: file.optional().describe('key of the client certificate'),
    })
    .optional(),
});

const bigQuerySink = z.strictObject({
  ...common,
  type: z.literal('bigquery'),
  project: z
    .string()
    .regex(/^[a-z0-9.:-]+$/, 'must be a project id')
    .describe('project id'),
  dataset: z
    .string()
    .regex(/^\w{1,1024}$/, 'must be letters, digits and underscores')
    .describe('dataset id'),
  table: z
    .string()
    .regex(/^[\p{L}\p{M}\p{N}_-]{1,1024}$/u, 'must be letters, digits, hyphens and underscores')
    .describe('table id'),
  keyFile: file
    .optional()
    .describe('key of a service account; without it, the application default credentials are used'),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .default('https://bigquery.googleapis.com')
    .describe('base URL of the API'),
  requestTimeoutMs: whole({ least: 100, most: 20_000 })
    .default(10_000)
    .describe('time limit of a request, in ms'),
});

const sinkConfigSchema = z
  .discriminatedUnion('type', [jsonlSink, natsSink, bigQuerySink])
  .superRefine((sink, check) => {
    if (sink.type === 'nats' && (sink.user === undefined) !== (sink.passwordFile === undefined)) {
      check.addIssue({ code: 'custom', path: ['user'], message: 'must be set together with passwordFile' });
    }
  });

/** All sinks of a deployment. */
export const sinksSchema = z.array(sinkConfigSchema).superRefine((sinks, check) => {
  sinks.forEach(({ name }, index) => {
    if (sinks.findIndex((sink) => sink.name === name) < index) {
      check.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `must be unique ("${name}" is the name of another sink)`,
      });
    }
  });
});

export type SinkConfig = z.output<typeof sinkConfigSchema>;
export type JsonlSinkConfig = z.output<typeof jsonlSink>;
export type NatsSinkConfig = z.output<typeof natsSink>;
export type BigQuerySinkConfig = z.output<typeof bigQuerySink>;
