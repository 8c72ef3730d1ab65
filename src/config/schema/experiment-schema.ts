import { z } from 'zod';
import { countrySchema } from '../../lib/input/country.js';
import { name, share } from './field-types.js';

const INSTANT_MESSAGE = 'must be an instant in UTC, such as 2026-12-01T00:00:00Z';

const instant = z.string(INSTANT_MESSAGE).refine((text) => isInstant(text), INSTANT_MESSAGE);

const countries = z
  .array(z.string().refine((code) => isCountry(code), 'must be an ISO 3166-1 country code in upper case'))
  .min(1)
  .max(300);

const MAX_PATCH_CHARACTERS = 16_384;

const arm = z.strictObject({
  name: name.describe('unique name in the experiment; events and reports have it'),
  weight: share.describe('share of the assigned units; the weights of an experiment sum to 1'),
  algorithm: z
    .enum(['v1', 'v2', 'global'])
    .optional()
    .describe('algorithm of the arm in place of `ranking`; `global` does not depend on the user'),
  patch: z
    .record(z.string(), z.unknown())
    .refine(
      (patch) => JSON.stringify(patch).length <= MAX_PATCH_CHARACTERS,
      `must have at most ${MAX_PATCH_CHARACTERS} characters as JSON`,
    )
    .default({})
    .describe('values of `v2`, `impressions` and `feed` that differ from the config'),
});

const layer = z.strictObject({
  name: name.describe('name of the layer'),
  from: share.describe('start of the part of the layer that the experiment takes'),
  to: share.describe('end of that part, not included'),
});

const trafficStep = z.strictObject({ from: instant.optional(), share });

const experiment = z.strictObject({
  name: name.describe('unique name; a new name starts a new experiment'),
  unit: z
    .enum(['user'])
    .default('user')
    .describe('identity that is assigned. Requests without a `userKey` are in no arm'),
  seed: z
    .string()
    .min(1)
    .max(64, 'must have at most 64 characters')
    .optional()
    .describe('salt of the hash, by default the name; another one assigns all units again'),
  hashVersion: z
    .union([z.literal(1), z.literal(2)], 'must be 1 or 2')
    .default(2)
    .describe('version of the GrowthBook hash, 1 or 2'),
  layer: layer
    .optional()
    .describe(
      'experiments with disjoint parts (`from`, `to`) of the layer `name` share no unit; without a layer, the experiment overlaps with all others',
    ),
  traffic: z
    .array(trafficStep)
    .min(1)
    .max(20)
    .default([{ share: 1 }])
    .describe(
      'list of `{ from, share }`: from this instant on, this share of the units; `from` of the first step may be left out',
    ),
  arms: z
    .array(arm)
    .min(2)
    .max(10)
    .describe('list of `{ name, weight, algorithm, patch }`, 2–10 arms; the first one is the control'),
  targeting: z
    .strictObject({
      countries: countries
        .optional()
        .describe('ISO 3166-1 country codes in upper case; without them, all requests'),
      users: z
        .enum(['all', 'new', 'known'])
        .default('all')
        .describe('`new`: users without interactions; `known`: users with some'),
    })
    .default({ users: 'all' }),
  start: instant.optional().describe('first instant'),
  end: instant.optional().describe('instant after the last one'),
  stopped: z.boolean().default(false).describe('true: the experiment assigns no unit'),
});

export type ExperimentConfig = z.output<typeof experiment>;

/** The most experiments of a config. */
export const MAX_EXPERIMENTS = 20;

/** All experiments of a deployment. */
export const experimentsSchema = z.array(experiment).superRefine((experiments, check) => {
  experiments.forEach((each, index) => {
    const report = (path: (string | number)[], message: string): void =>
      check.addIssue({ code: 'custom', path: [index, ...path], message });
    if (experiments.findIndex(({ name }) => name === each.name) < index)
      report(['name'], `must be unique ("${each.name}" is the name of another experiment)`);
    each.arms.forEach((own, place) => {
      if (each.arms.findIndex(({ name }) => name === own.name) < place)
        report(['arms', place, 'name'], `must be unique ("${own.name}" is the name of another arm)`);
    });
    const sum = each.arms.reduce((total, { weight }) => total + weight, 0);
    if (Math.abs(sum - 1) > SUM_TOLERANCE)
      report(['arms'], `must have weights that sum to 1 (the sum is ${Number(sum.toPrecision(6))})`);
    if (each.layer !== undefined && each.layer.from >= each.layer.to)
      report(['layer', 'to'], `must be above from (${each.layer.from})`);
    if (each.start !== undefined && each.end !== undefined && timeOf(each.start) >= timeOf(each.end))
      report(['end'], `must be after start (${each.start})`);
    each.traffic.forEach(({ from }, step) => {
      const before = each.traffic[step - 1];
      if (step === 0) return;
      if (from === undefined)
        report(['traffic', step, 'from'], 'is missing: only the first step may have none');
      else if (before?.from !== undefined && timeOf(from) <= timeOf(before.from))
        report(['traffic', step, 'from'], `must be after that of the step before (${before.from})`);
    });
  });
});

/** The units that no experiment includes. */
export const experimentHoldoutSchema = z
  .strictObject({
    seed: z
      .string()
      .min(1)
      .max(64, 'must have at most 64 characters')
      .describe('salt of the hash; another one chooses other users'),
    share: share.describe('share of the users that no experiment includes'),
  })
  .describe(
    'Permanent holdout of all experiments. [experiments.md](experiments.md) describes how users are assigned.',
  );

/** Rounding error to accept in a sum of decimal fractions. */
const SUM_TOLERANCE = 1e-9;

const timeOf = (text: string): number => Date.parse(text);

function isInstant(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/.test(text) && !Number.isNaN(timeOf(text));
}

function isCountry(code: string): boolean {
  return countrySchema.safeParse(code).data === code;
}
