import type { AliasUse, KnownTreatment } from '../privacy/user-register.js';
import type { PreparedEvent } from '../domain/event.js';

/** Why an event was not recorded, although it is valid. */
export const IGNORED_REASONS = ['OPTED_OUT', 'ERASED'] as const;

export type IgnoredReason = (typeof IGNORED_REASONS)[number];

/** An event of a group: to record, possibly for the user that its own was merged into, or ignored. */
export type AdmittedEvent =
  | {
      readonly event: PreparedEvent;
      readonly ignored?: never;
      readonly userKey?: never;
      readonly anonymous?: never;
    }
  | {
      readonly event?: never;
      readonly ignored: IgnoredReason;
      readonly userKey: string;
      /** The event without the user, if it counts in trends; else null. */
      readonly anonymous: PreparedEvent | null;
    };

export interface AdmissionDeps {
  readonly users: {
    /** @throws {BellwetherError} UNAVAILABLE. */
    knownTreatmentOf(userKey: string, aliases: AliasUse): Promise<KnownTreatment>;
  };
  /** Creates an id that is used once. */
  readonly newId: () => string;
}

/**
 * Decides for each event whether it may be recorded, and for which user.
 *
 * @returns one per event, in order.
 * @throws {BellwetherError} UNAVAILABLE while this replica does not know the choices of the users.
 */
export async function admitEvents(
  events: readonly PreparedEvent[],
  { users, newId }: AdmissionDeps,
): Promise<AdmittedEvent[]> {
  const keys = new Set(events.map(({ interaction }) => interaction.userKey));
  const treatments = new Map(
    await Promise.all(
      [...keys].map(async (userKey) => [userKey, await users.knownTreatmentOf(userKey, 'FOLLOW')] as const),
    ),
  );
  return events.map((event): AdmittedEvent => {
    const { interaction } = event;
    const { userKey } = interaction;
    const treatment = treatments.get(userKey);
    if (treatment === undefined || treatment.kind === 'ERASED') {
      return { ignored: 'ERASED', userKey, anonymous: null };
    }
    const { kind, userKey: owner, consents } = treatment;
    if (kind === 'OPTED_OUT') {
      return { ignored: kind, userKey, anonymous: consents ? withoutUser(event, newId()) : null };
    }
    return owner === userKey
      ? { event }
      : { event: { ...event, interaction: { ...interaction, userKey: owner } } };
  });
}

/** Begins the key of each anonymous event: a control character, which no user key contains. */
const ANONYMOUS_PREFIX = '\u0001';

/** Keeps what trends count: the market, the type with its weight, the country, and the time. The key is used once. */
function withoutUser({ interaction, marketNumber }: PreparedEvent, id: string): PreparedEvent {
  return {
    interaction: {
      ...interaction,
      ...{ id, userKey: `${ANONYMOUS_PREFIX}${id}`, dwellMs: null, section: null, position: null },
      ...{
        sessionId: null,
        feedId: null,
        stake: null,
        context: null,
        clientEventId: null,
        attribution: null,
      },
    },
    ...{ marketNumber, servingId: null },
  };
}
