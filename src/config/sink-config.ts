import { z } from 'zod';
import { name } from './name-schema.js';
import { amount, whole } from './number-schemas.js';

/** What every kind of sink has. */
const common = {
  /** Stands in the outbox and in the metrics. A sink with a new name starts with the events from then on. */
  name,
  /** `pseudonym`: the HMAC of the user key; `plain`: the user key itself. */
  userKeys: z.enum(['pseudonym', 'plain']).default('pseudonym'),
  /** Most events delivered together. */
  batchSize: whole({ least: 1, most: 500 }).default(500),
};

const file = z.string().min(1, 'must be a file');
const milliseconds = (least: number, most: number) => whole({ least, most });

const jsonlSink = z.strictObject({
  ...common,
  type: z.literal('jsonl'),
  /** Made if need be; relative to the working directory. */
  folder: z.string().min(1, 'must be a folder'),
  /** A file that has reached this size gets no further batch. */
  maxFileMegabytes: amount({ above: 0, most: 10_000 }).default(100),
});

const natsSink = z.strictObject({
  ...common,
  type: z.literal('nats'),
  servers: z.array(z.string().min(1)).min(1).default(['127.0.0.1:4222']),
  /** The stream that must take the events. */
  stream: z
    .string()
    .regex(/^[^\s.*>/\\]+$/, 'must not contain spaces, dots, slashes or wildcards')
    .default('BELLWETHER'),
  /** An event goes to `<subjectPrefix>.<event type in lower case>`. */
  subjectPrefix: z
    .string()
    .regex(/^[^\s.*>]+(\.[^\s.*>]+)*$/, 'must be a subject without wildcards')
    .default('bellwether.events'),
  /** Whether to make the stream when there is none, for `<subjectPrefix>.*`. */
  createStream: z.boolean().default(false),
  /** For how long a stream that we make knows an event again. */
  duplicateWindowSeconds: whole({ least: 1, most: 86_400 }).default(600),
  ackTimeoutMs: milliseconds(100, 10_000).default(5_000),
  /** A credentials file (JWT and key seed), read at each connect. */
  credentialsFile: file.optional(),
  /** A user whose password is in `passwordFile`. */
  user: z.string().min(1).optional(),
  passwordFile: file.optional(),
  tls: z
    .strictObject({ caFile: file.optional(), certFile: file.optional(), keyFile: file.optional() })
    .optional(),
});

const bigQuerySink = z.strictObject({
  ...common,
  type: z.literal('bigquery'),
  project: z.string().regex(/^[a-z0-9.:-]+$/, 'must be a project id'),
  dataset: z.string().regex(/^\w{1,1024}$/, 'must be letters, digits and underscores'),
  table: z
    .string()
    .regex(/^[\p{L}\p{M}\p{N}_-]{1,1024}$/u, 'must be letters, digits, hyphens and underscores'),
  /** The key of a service account; without it the application default credentials are used. */
  keyFile: file.optional(),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .default('https://bigquery.googleapis.com'),
  requestTimeoutMs: milliseconds(100, 20_000).default(10_000),
});

/** One place to which every recorded event goes. */
export const sinkConfigSchema = z
  .discriminatedUnion('type', [jsonlSink, natsSink, bigQuerySink])
  .superRefine((sink, check) => {
    if (sink.type === 'nats' && (sink.user === undefined) !== (sink.passwordFile === undefined)) {
      check.addIssue({ code: 'custom', path: ['user'], message: 'and passwordFile go together' });
    }
  });

/** The sinks of a deployment. */
export const sinksSchema = z.array(sinkConfigSchema).superRefine((sinks, check) => {
  sinks.forEach(({ name }, index) => {
    if (sinks.findIndex((sink) => sink.name === name) < index) {
      check.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is used twice` });
    }
  });
});

export type SinkConfig = z.output<typeof sinkConfigSchema>;
export type JsonlSinkConfig = z.output<typeof jsonlSink>;
export type NatsSinkConfig = z.output<typeof natsSink>;
export type BigQuerySinkConfig = z.output<typeof bigQuerySink>;
