/** The markets of the site: variations of the sample's, opened at a steady rate over the year. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { DAY_MS } from '../../dist/lib/time.js';
import { loadSampleCatalog } from '../../dist/sample/sample-catalog.js';
import { marketIdOf } from './keys.ts';

/** A market; its number is its place in the order of creation. */
export interface SiteMarket {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly probability: number;
  readonly volume24h: number;
  readonly volumeTotal: number;
  readonly createdAtMs: number;
  readonly resolvesAtMs: number;
  readonly eventKey: string | null;
  /** Which market of the sample it is like. */
  readonly kind: number;
}

/** So that an eighth of a year's markets are open: 50,000 of 400,000. */
const MEAN_LIFE_DAYS = 365 / 8;
const SYLLABLES = 'ka ren dol mi tas ver lo bir sen gu pal hom ny zer qua'.split(' ');

export class SiteCatalog {
  readonly markets: readonly SiteMarket[];
  readonly #nowMs: number;

  /** @param nowMs the end of the year. */
  constructor(count: number, nowMs: number) {
    this.#nowMs = nowMs;
    const rng = xoroshiro128plus(400_000);
    const sample = loadSampleCatalog(nowMs);
    this.markets = Array.from({ length: count }, (_, number): SiteMarket => {
      const kind = Math.floor(uniformFloat64(rng) * sample.length);
      const like = sample[kind];
      if (like === undefined) throw new Error('The sample is empty.');
      const variation = 1 + Math.floor(uniformFloat64(rng) * 3_000);
      const name = invented(variation);
      const createdAtMs = nowMs - 365 * DAY_MS * (1 - number / count);
      const life = -Math.log(1 - uniformFloat64(rng)) * MEAN_LIFE_DAYS * DAY_MS;
      const volume24h = Math.round(10 / (0.002 + uniformFloat64(rng)));
      return {
        number,
        kind,
        id: marketIdOf(number),
        title: like.title
          .replace(/(?<= )\p{Lu}\p{L}+/u, name)
          .replace(/\d+/g, (digits) => String(Number(digits) + variation)),
        description: (like.description ?? like.title).repeat(3).slice(0, 600),
        category: like.category,
        tags: [...like.tags, name.toLowerCase()],
        probability: Number((0.02 + 0.96 * uniformFloat64(rng)).toFixed(3)),
        volume24h,
        volumeTotal: volume24h * 20,
        createdAtMs: Math.floor(createdAtMs),
        resolvesAtMs: Math.floor(createdAtMs + life),
        eventKey: number % 3 === 0 ? null : `${like.id}-${Math.floor(number / 50)}`,
      };
    });
  }

  isOpen(market: SiteMarket): boolean {
    return market.resolvesAtMs > this.#nowMs;
  }

  get open(): SiteMarket[] {
    return this.markets.filter((market) => this.isOpen(market));
  }

  /** A market that was open at an instant; newer ones more likely. The only market at the beginning of the year. */
  openAt(atMs: number, rng: RandomGenerator): SiteMarket {
    const perMs = this.markets.length / (365 * DAY_MS);
    const newest = Math.min(this.markets.length - 1, Math.floor((atMs - this.#nowMs + 365 * DAY_MS) * perMs));
    for (;;) {
      const ageMs = uniformFloat64(rng) ** 2 * 3 * MEAN_LIFE_DAYS * DAY_MS;
      const market = this.markets[Math.max(0, newest - Math.floor(ageMs * perMs))];
      if (market !== undefined && (market.resolvesAtMs > atMs || market.number === 0)) return market;
    }
  }
}

/** One of 3,375 names. */
function invented(number: number): string {
  const syllable = (by: number): string => SYLLABLES[Math.floor(number / by) % SYLLABLES.length] ?? '';
  const name = syllable(1) + syllable(15) + syllable(225);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
