import { z } from 'zod';
import { DEFAULT_SETTINGS, type UserSettings } from '../domain/user-settings.js';
import { checkInput } from '../lib/input/check-input.js';
import { storedUserKeySchema } from '../lib/input/text-schemas.js';
import { orUnavailable } from '../storage/database-errors.js';
import { changedUser, changeUsers, storedFlags, type PrivacyDeps } from './privacy-deps.js';
import type { AliasUse } from './user-register.js';

const READ_FAILED = 'The settings cannot be read now; send the request again after retryAfterMs.';

const settingsInput = z
  .object({
    userKey: storedUserKeySchema,
    personalizationEnabled: z.boolean().nullish(),
    dataSharingConsent: z.boolean().nullish(),
  })
  .refine(
    ({ personalizationEnabled, dataSharingConsent }) =>
      personalizationEnabled != null || dataSharingConsent != null,
    { path: ['personalizationEnabled'], error: 'or dataSharingConsent must be given' },
  );

/** The choices of users. */
export class SettingsService {
  constructor(private readonly deps: PrivacyDeps) {}

  /**
   * Returns the choices of a user; the defaults for an ignored alias.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if they cannot be read.
   */
  async settingsOf(userKey: unknown, aliases: AliasUse): Promise<UserSettings> {
    const checked = checkInput(storedUserKeySchema, userKey, 'userKey');
    const { userKey: owner } = await this.deps.users.knownTreatmentOf(checked, aliases);
    const stored = await orUnavailable(READ_FAILED, () => this.deps.store.userSettings.find(owner));
    return stored ?? DEFAULT_SETTINGS;
  }

  /**
   * Changes the given settings of a user. When this resolves, every replica follows them.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; FORBIDDEN for an ignored alias; UNAVAILABLE if they cannot be
   *   stored, or if a replica does not confirm them: they may then be stored.
   */
  async update(input: unknown, aliases: AliasUse): Promise<UserSettings> {
    const { userKey, personalizationEnabled, dataSharingConsent } = checkInput(settingsInput, input, 'input');
    const { store, sync, users, pseudonymOf, clock } = this.deps;
    const owner = await changedUser(users, userKey, aliases);
    const userHash = pseudonymOf(owner);
    const { settings, seq } = await changeUsers(store, async (transaction) => {
      const { userSettings, privacyChanges } = transaction;
      const before = (await userSettings.find(owner)) ?? DEFAULT_SETTINGS;
      const updatedAt = new Date(clock());
      const settings = {
        personalizationEnabled: personalizationEnabled ?? before.personalizationEnabled,
        dataSharingConsent: dataSharingConsent ?? before.dataSharingConsent,
        updatedAt,
      };
      await userSettings.save(owner, settings);
      const flags = await storedFlags(transaction, { userKey: owner, userHash }, updatedAt);
      return { settings, seq: await privacyChanges.add([{ userHash, userKey: owner, flags }]) };
    });
    await orUnavailable(READ_FAILED, () => sync.confirm(seq, [owner]));
    return settings;
  }
}
