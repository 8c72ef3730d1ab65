import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import type { ExplorationEvidence } from '../scoring/exploration/arms.js';
import { GRAM_SIZE, NO_EVIDENCE } from '../scoring/exploration/linear-evidence.js';
import { FEATURES } from '../scoring/exploration/linear-features.js';
import { MAX_ARMS } from './exploration-statistics.js';

/** Increase it with every change of the format; evidence in another format is counted again. */
const FORMAT = 1;

/** Increase it with every change of the features; the linear model of other features is learned again. */
const FEATURES_FORMAT = 1;

const count = z.number().nonnegative();

const stored = z.object({
  format: z.literal(FORMAT),
  featuresFormat: z.number(),
  /** It counts the impressions up to this `seq`. */
  seq: z.string().regex(/^\d+$/),
  atMs: z.number(),
  arms: z.array(z.tuple([z.string(), count, count])).max(MAX_ARMS),
  gram: z.array(z.number()),
  moment: z.array(z.number()),
});

/** Evidence, the position up to which it counts the impressions, and the time as of which it is. */
export interface StoredEvidence {
  readonly evidence: ExplorationEvidence;
  readonly seq: bigint;
  readonly atMs: number;
}

/** Packs evidence as compressed JSON. The arms are at most 10,000, so this takes a few milliseconds. */
export async function packEvidence({
  evidence,
  seq,
  atMs,
}: StoredEvidence): Promise<Uint8Array<ArrayBuffer>> {
  const { arms, linear } = evidence;
  const json: z.infer<typeof stored> = {
    ...{ format: FORMAT, featuresFormat: FEATURES_FORMAT, seq: String(seq), atMs },
    arms: Array.from(arms, ([id, { impressions, rewards }]) => [id, impressions, rewards]),
    gram: [...linear.gram],
    moment: [...linear.moment],
  };
  return promisify(gzip)(JSON.stringify(json));
}

/** Unpacks evidence; null for another format. */
export async function unpackEvidence(bytes: Uint8Array): Promise<StoredEvidence | null> {
  const text = (await promisify(gunzip)(bytes)).toString('utf8');
  const { success, data } = stored.safeParse(JSON.parse(text));
  if (!success) return null;
  const { seq, atMs, featuresFormat, gram, moment } = data;
  const isCurrent =
    featuresFormat === FEATURES_FORMAT && gram.length === GRAM_SIZE && moment.length === FEATURES;
  const arms = data.arms.map(([id, impressions, rewards]) => [id, { impressions, rewards }] as const);
  return {
    ...{ seq: BigInt(seq), atMs },
    evidence: {
      arms: new Map(arms),
      impressions: arms.reduce((sum, [, arm]) => sum + arm.impressions, 0),
      linear: isCurrent ? { gram: Float64Array.from(gram), moment: Float64Array.from(moment) } : NO_EVIDENCE,
    },
  };
}
