import type { TasteConstants } from './constants.js';
import { halving } from './halving.js';
import type { UserV2 } from './user-v2.js';

const MINUTE_MS = 60_000;

/**
 * How much of a person's taste is the present session's: `n / (n + sessionEvents) · 2^(−idle / halfLife)` with n the
 * session's events. The long term has the rest.
 *
 * Range 0 to below 1.
 */
export function sessionShare(
  { sessionEvents, idleMs }: Pick<UserV2, 'sessionEvents' | 'idleMs'>,
  constants: TasteConstants,
): number {
  if (!(sessionEvents > 0 && sessionEvents < Infinity)) return 0;
  const idleMinutes = idleMs > 0 ? idleMs / MINUTE_MS : 0;
  return (
    (sessionEvents / (sessionEvents + constants.sessionEvents)) *
    halving(idleMinutes, constants.sessionIdleHalfLifeMinutes)
  );
}

/**
 * A person's taste for a topic: `((1 − w)·tanh(longTerm / scale) + w·tanh(session / scale)) · idf`, with w the
 * session's share and idf how much the topic says of a market, 0–1. A sum that is not a number counts as 0.
 *
 * Range −1 to 1. Source: algorithm v2.
 */
export function topicTaste(
  longTerm: number,
  session: number,
  share: number,
  idf: number,
  constants: TasteConstants,
): number {
  const taste =
    (1 - share) * Math.tanh(longTerm / constants.longTermScale) +
    share * Math.tanh(session / constants.sessionScale);
  return Number.isNaN(taste) ? 0 : taste * idf;
}
