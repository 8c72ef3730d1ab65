import { DAY_MS } from '../../shared/time.js';
import type { LoadValues, UserInputs } from '../component.js';
import { shrunkRatio } from '../shrunk-ratio.js';
import type { SiteSignals } from '../site-signals.js';
import { hourCloseness, hourOfWeek, smoothedCount } from '../week-hours.js';

/** Expected choices that the ratio of the site counts as for a user, and that a ratio of 1 counts as for the site. */
const PRIOR_OF_USER = 3;
const PRIOR_OF_SITE = 20;

/**
 * The component `weekHour`: how much more the user chooses markets of this category at this hour of the week than at other hours.
 * Choices count for the hours within two hours of theirs, less with each hour. The ratio is the number of choices of the
 * category at this hour, relative to the number expected if the hour made no difference: all of the category, times the share of
 * all choices that is at this hour. It is shrunk to the ratio over all users by 3 expected choices, and that to 1 by 20. The
 * value is the logarithm.
 *
 * It is computed from the latest 200 engagements of the user, of which the profile keeps the times. About −3 to 4; 0 without
 * choices. Source: algorithm v2.
 */
export function weekHourValues(): LoadValues {
  /** By category of an engaged market: the number of engagements, and that at this hour. */
  const counts = new Map<number, { all: number; now: number }>();
  const lifts = new Map<number, number>();
  return (inputs) => {
    const { columns, engaged, signals, nowMs } = inputs;
    const hour = hourOfWeek(nowMs);
    let shareNow = NaN;
    const prepare = (): void => {
      lifts.clear();
      shareNow = countByCategory(inputs, hour, counts);
    };
    const liftOf = (category: number): number => {
      const site = siteRatio(signals, columns.topics.keyOf(category), hour);
      const { all, now } = counts.get(category) ?? NONE;
      return Math.log(shrunkRatio(now, all * shareNow, site, PRIOR_OF_USER));
    };
    return {
      fill(rows, values) {
        if (engaged.count === 0) {
          values.fill(0, 0, rows.length);
          return;
        }
        if (Number.isNaN(shareNow)) prepare();
        for (let i = 0; i < rows.length; i += 1) {
          const category = columns.category[rows[i] as number] as number;
          let lift = lifts.get(category);
          if (lift === undefined) lifts.set(category, (lift = liftOf(category)));
          values[i] = lift;
        }
      },
    };
  };
}

const NONE = { all: 0, now: 0 };

/** Counts the user's engagements by category. Returns the share of all that is at the hour. */
function countByCategory(
  { engaged, nowMs }: UserInputs,
  hour: number,
  counts: Map<number, { all: number; now: number }>,
): number {
  counts.clear();
  let atHour = 0;
  for (let market = 0; market < engaged.count; market += 1) {
    const closeness = hourCloseness(hour, hourOfWeek(nowMs - (engaged.days[market] as number) * DAY_MS));
    atHour += closeness;
    const category = engaged.category[market] as number;
    const before = counts.get(category);
    if (before === undefined) counts.set(category, { all: 1, now: closeness });
    else {
      before.all += 1;
      before.now += closeness;
    }
  }
  return atHour / engaged.count;
}

/** The ratio of a category at an hour of the week over all users. */
function siteRatio(signals: SiteSignals, category: string, hour: number): number {
  const ofCategory = signals.weekHoursOf(category);
  const all = signals.weekHours;
  if (ofCategory === undefined || all === null) return 1;
  const share = smoothedCount(all, hour) / sum(all);
  return shrunkRatio(smoothedCount(ofCategory, hour), sum(ofCategory) * share, 1, PRIOR_OF_SITE);
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
