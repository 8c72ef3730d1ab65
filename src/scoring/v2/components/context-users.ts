import type { DecayedScore } from '../../../domain/decay.js';
import type { ContextInputs } from '../component.js';
import { shrunkRatio } from '../shrunk-ratio.js';
import { decayedTo, RECENT_HALF_LIFE_DAYS, type ContextUsers } from '../site-signals.js';
import { hourOfDay } from '../week-hours.js';

/** Recent users of a context, distributed over the markets as those of the whole site, that are added to its own. */
const PRIOR_USERS = 20;

/**
 * The component `popularHere`: popularity among users from the country and at the hour of the day. It is
 * `ln(1 + 4·users · ratio(country) · ratio(hour))`, where users is the sum of `2^(−days / 7)` over the users of the market. The
 * ratio of a context is the number of its users on the market relative to the number expected from its size, shrunk to 1 by
 * 20 expected users. So a market of a context with few users is as popular as on the whole site.
 *
 * 0 or more; 0 for a market that no user engaged with. Source: algorithm v2.
 */
export function popularHere(inputs: ContextInputs): (row: number) => number {
  const { columns, signals, activity, country, nowMs } = inputs;
  const now = (sum: DecayedScore | undefined | null): number => decayedTo(nowMs, sum, RECENT_HALF_LIFE_DAYS);
  const siteUsers = now(signals.recentUsers);
  if (!(siteUsers > 0)) return () => 0;
  const contexts = [
    country === null ? undefined : signals.recentUsersFrom(country),
    signals.recentUsersAt(hourOfDay(nowMs)),
  ].flatMap((context): { users: ContextUsers; perUser: number }[] =>
    context === undefined ? [] : [{ users: context, perUser: now(context.total) / siteUsers }],
  );
  return (row) => {
    const score = activity.recentUsers(row);
    if (Number.isNaN(score)) return 0;
    const users = now({ score, atMs: activity.lastAtMs(row) });
    if (!(users > 0)) return 0;
    let ratio = 1;
    for (const { users: ofContext, perUser } of contexts) {
      const observed = now(ofContext.ofMarkets.get(columns.ids[row] as string));
      // The prior is in users of the context over all markets; the market has its share of them.
      ratio *= shrunkRatio(observed, users * perUser, 1, (PRIOR_USERS * users) / siteUsers);
    }
    return Math.log(1 + 4 * users * ratio);
  };
}
