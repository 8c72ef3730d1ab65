import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../observability/logger.js';
import type { ProfileState } from '../profiles/profile-service.js';

/** A profile, or why there is none. */
export type ProfileReading =
  | { readonly profile: ProfileState | null; readonly failed: false }
  | { readonly profile: null; readonly failed: true };

/** Reads a profile, and gives up when that fails or takes over `timeoutMs`: a feed never waits for longer. */
export async function profileInTime(
  read: () => Promise<ProfileState>,
  timeoutMs: number,
  logger: Logger,
): Promise<ProfileReading> {
  const timer = new AbortController();
  try {
    const profile = await Promise.race([
      read(),
      wait(timeoutMs, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`The profile took over ${timeoutMs} ms.`);
      }),
    ]);
    return { profile, failed: false };
  } catch (error) {
    logger.warn({ err: error }, 'a feed is served without its profile');
    return { profile: null, failed: true };
  } finally {
    timer.abort();
  }
}
