import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { MarketDraft } from '../catalog/importers/formats/import-record.js';
import { DAY_MS } from '../lib/time.js';

/** Folder of the sample's files. A build in `dist/` reads them from `src/` too. */
const sampleData = new URL('../../src/sample/data/', import.meta.url);

/** Folder of the category images, served under `/sample/`. */
export const sampleImages = new URL('images/', sampleData);

/** A market of the sample. The simulators require fields that are optional in an importer's draft. */
export interface SampleMarket extends MarketDraft {
  category: string;
  tags: string[];
  probability: number;
  volume24h: number;
  volumeTotal: number;
  participantCount: number;
  status: 'OPEN' | 'CLOSED' | 'RESOLVED';
  createdAt: string;
  /** In the past if and only if the market is not open. */
  resolvesAt: string;
  source: 'sample';
}

const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens');

const entrySchema = z
  .strictObject({
    id: slug,
    title: z.string().endsWith('?'),
    description: z.string().min(1).optional(),
    tags: z
      .array(slug)
      .min(2)
      .max(6)
      .refine((tags) => new Set(tags).size === tags.length, 'must be distinct'),
    event: slug.optional(),
    trading: z.strictObject({
      probability: z.number().min(0).max(1),
      volume24h: z.number().min(0),
      volumeTotal: z.number().min(0),
      participantCount: z.int().min(0),
    }),
    life: z.strictObject({
      createdDaysAgo: z.number().positive(),
      resolvesInDays: z.number(),
    }),
    status: z.enum(['CLOSED', 'RESOLVED']).optional(),
    image: slug.optional(),
    editorialBoost: z.number().min(0).max(1).optional(),
    editorialDescription: z.string().min(1).optional(),
    blockedCountries: z.array(z.string().regex(/^[A-Z]{2}$/)).optional(),
  })
  .refine(({ trading }) => trading.volume24h <= trading.volumeTotal, 'volume24h exceeds volumeTotal')
  .refine(({ life }) => life.resolvesInDays > -life.createdDaysAgo, 'resolves before it was created')
  .refine(
    ({ status, life }) => (status === undefined) === life.resolvesInDays > 0,
    'a market must be open if and only if it resolves in the future',
  );

const fileSchema = z.strictObject({ category: z.string().min(1), markets: z.array(z.unknown()).min(1) });

/**
 * Loads the sample catalog of the package: fictional prediction markets for a first look at the gateway. Times in the
 * files are relative to `nowMs`.
 *
 * @throws Error naming the file and the entry if a file is invalid, or naming the id if two markets share it.
 */
export function loadSampleCatalog(nowMs: number): SampleMarket[] {
  const names = readdirSync(sampleData)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  const markets = names.flatMap((name) =>
    parseSampleFile(name, readFileSync(new URL(name, sampleData), 'utf8'), nowMs),
  );
  const ids = new Set<string>();
  for (const { id } of markets) {
    if (ids.has(id))
      throw new Error(`The sample catalog has two markets with the id ${id}. Ids must be unique.`);
    ids.add(id);
  }
  return markets;
}

/**
 * Parses one file of the sample: a category and its markets.
 *
 * @throws Error naming the file and the invalid entry.
 */
export function parseSampleFile(fileName: string, text: string, nowMs: number): SampleMarket[] {
  const file = validate(fileSchema, parse(text), fileName);
  return file.markets.map((raw, index) => {
    const entry = validate(entrySchema, raw, `${fileName}, market ${index + 1}${idOf(raw)}`);
    return toMarket(file.category, entry, nowMs);
  });
}

function toMarket(category: string, entry: z.output<typeof entrySchema>, nowMs: number): SampleMarket {
  const { event, image, life, trading, status, description, editorialBoost, editorialDescription } = entry;
  return {
    id: entry.id,
    title: entry.title,
    ...(description !== undefined && { description }),
    category,
    tags: entry.tags,
    ...trading,
    ...(image !== undefined && { imageUrl: `/sample/${image}.svg` }),
    status: status ?? 'OPEN',
    createdAt: instant(nowMs - life.createdDaysAgo * DAY_MS),
    resolvesAt: instant(nowMs + life.resolvesInDays * DAY_MS),
    ...(editorialDescription !== undefined && { editorialDescription }),
    ...(editorialBoost !== undefined && { editorialBoost }),
    ...(event !== undefined && { eventKey: event }),
    source: 'sample',
    ...(entry.blockedCountries !== undefined && { blockedCountries: entry.blockedCountries }),
  };
}

function validate<T>(schema: z.ZodType<T>, value: unknown, location: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`The sample file ${location} is invalid:\n${z.prettifyError(result.error)}`);
}

function idOf(raw: unknown): string {
  return typeof raw === 'object' && raw !== null && 'id' in raw ? ` (${String(raw.id)})` : '';
}

function instant(ms: number): string {
  return new Date(Math.floor(ms)).toISOString();
}
