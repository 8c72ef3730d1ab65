import { z } from 'zod';
import { DEFAULT_SETTINGS, type UserSettings } from '../domain/user-settings.js';
import { checkInput } from '../lib/input/check-input.js';
import { storedUserKeySchema } from '../lib/input/text-schemas.js';
import { orUnavailable } from '../storage/database-errors.js';
import { changeUsers, storedFlags, type PrivacyDeps } from './privacy-deps.js';

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

  /** @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if they cannot be read. */
  async settingsOf(userKey: unknown): Promise<UserSettings> {
    const owner = await this.#ownerOf(checkInput(storedUserKeySchema, userKey, 'userKey'));
    const stored = await orUnavailable(READ_FAILED, () => this.deps.store.userSettings.find(owner));
    return stored ?? DEFAULT_SETTINGS;
  }

  /**
   * Changes the given settings of a user. When this resolves, every replica follows them.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if they cannot be stored, or if a replica does not
   *   confirm them: they may then be stored.
   */
  async update(input: unknown): Promise<UserSettings> {
    const { userKey, personalizationEnabled, dataSharingConsent } = checkInput(settingsInput, input, 'input');
    const { store, sync, pseudonymOf, clock } = this.deps;
    const owner = await this.#ownerOf(userKey);
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

  /** Returns the user that a key belongs to: that of an alias is the user that it was merged into. */
  async #ownerOf(userKey: string): Promise<string> {
    return (await this.deps.users.knownTreatmentOf(userKey)).userKey;
  }
}
