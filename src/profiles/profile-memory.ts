import type { RankingConfig } from '../config/ranking-schema.js';

/** How long what was learned of a person lasts. */
export interface ProfileMemory {
  readonly longTermHalfLifeMs: number;
  readonly sessionHalfLifeMs: number;
  /** A session ends after this long without an event. */
  readonly sessionIdleMs: number;
  /** What part of an event's weight goes to each tag of its market, 0–1. */
  readonly tagFactor: number;
}

export function profileMemory(config: RankingConfig): ProfileMemory {
  return {
    longTermHalfLifeMs: config.profile.longTermHalfLifeDays * 24 * 3_600_000,
    sessionHalfLifeMs: config.profile.sessionHalfLifeMinutes * 60_000,
    sessionIdleMs: config.profile.sessionIdleMinutes * 60_000,
    tagFactor: config.events.tagFactor,
  };
}

/** The same, following a config that changes: each value is that of the config at the moment it is read. */
export function liveProfileMemory(config: () => RankingConfig): ProfileMemory {
  let last = config();
  let memory = profileMemory(last);
  const present = (): ProfileMemory => {
    const now = config();
    if (now !== last) {
      last = now;
      memory = profileMemory(now);
    }
    return memory;
  };
  return {
    get longTermHalfLifeMs() {
      return present().longTermHalfLifeMs;
    },
    get sessionHalfLifeMs() {
      return present().sessionHalfLifeMs;
    },
    get sessionIdleMs() {
      return present().sessionIdleMs;
    },
    get tagFactor() {
      return present().tagFactor;
    },
  };
}
