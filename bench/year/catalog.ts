/** The markets of the site: variations of the sample's, opened at a steady rate over the time that the state covers. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { DAY_MS, MINUTE_MS } from '../../dist/lib/time.js';
import { loadSampleCatalog } from '../../dist/sample/sample-catalog.js';
import { marketIdOf } from './keys.ts';
import type { Size } from './size.ts';

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
export const MEAN_LIFE_DAYS = 365 / 8;
const SYLLABLES = 'ka ren dol mi tas ver lo bir sen gu pal hom ny zer qua'.split(' ');

type CatalogSize = Pick<Size, 'markets' | 'days' | 'openMarkets'>;

export class SiteCatalog {
  readonly markets: readonly SiteMarket[];
  readonly #nowMs: number;
  readonly #lengthMs: number;

  /**
   * @param nowMs the end of the time that the state covers.
   * @throws if fewer markets are open than the size asks for.
   */
  constructor({ markets: count, days, openMarkets }: CatalogSize, nowMs: number) {
    this.#nowMs = nowMs;
    this.#lengthMs = days * DAY_MS;
    const rng = xoroshiro128plus(400_000);
    const sample = loadSampleCatalog(nowMs);
    const markets = Array.from({ length: count }, (_, number): SiteMarket => {
      const kind = Math.floor(uniformFloat64(rng) * sample.length);
      const like = sample[kind];
      if (like === undefined) throw new Error('The sample is empty.');
      const variation = 1 + Math.floor(uniformFloat64(rng) * 3_000);
      const name = invented(variation);
      const createdAtMs = nowMs - this.#lengthMs * (1 - number / count);
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
    this.markets = openMarkets === null ? markets : limitOpen(markets, openMarkets, nowMs);
  }

  isOpen(market: SiteMarket): boolean {
    return market.resolvesAtMs > this.#nowMs;
  }

  get open(): SiteMarket[] {
    return this.markets.filter((market) => this.isOpen(market));
  }

  /** A market that was open at an instant; newer ones more likely. The only market at the beginning. */
  openAt(atMs: number, rng: RandomGenerator): SiteMarket {
    const perMs = this.markets.length / this.#lengthMs;
    const newest = Math.min(
      this.markets.length - 1,
      Math.floor((atMs - this.#nowMs + this.#lengthMs) * perMs),
    );
    for (;;) {
      const ageMs = uniformFloat64(rng) ** 2 * 3 * MEAN_LIFE_DAYS * DAY_MS;
      const market = this.markets[Math.max(0, newest - Math.floor(ageMs * perMs))];
      if (market !== undefined && (market.resolvesAtMs > atMs || market.number === 0)) return market;
    }
  }
}

/**
 * Ends the surplus of open markets a minute ago, spread evenly over their ages. The others stay open for at least a day, so
 * that measurements find the same number of open markets.
 */
function limitOpen(markets: readonly SiteMarket[], count: number, nowMs: number): SiteMarket[] {
  const total = markets.filter(({ resolvesAtMs }) => resolvesAtMs > nowMs).length;
  if (total < count) throw new Error(`Only ${total} of ${markets.length} markets are open.`);
  let seen = 0;
  return markets.map((market) => {
    if (market.resolvesAtMs <= nowMs) return market;
    seen += 1;
    const isKept = Math.floor((seen * count) / total) > Math.floor(((seen - 1) * count) / total);
    const resolvesAtMs = isKept
      ? Math.max(market.resolvesAtMs, nowMs + DAY_MS)
      : Math.max(market.createdAtMs, nowMs - MINUTE_MS);
    return { ...market, resolvesAtMs };
  });
}

/** One of 3,375 names. */
function invented(number: number): string {
  const syllable = (by: number): string => SYLLABLES[Math.floor(number / by) % SYLLABLES.length] ?? '';
  const name = syllable(1) + syllable(15) + syllable(225);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
