import type { UserSettings } from '../../domain/user-settings.js';
import type { Connection } from '../sql.js';

/** The choices of users who have made some. */
export class UserSettingsRepository {
  constructor(private readonly connection: Connection) {}

  async find(userKey: string): Promise<UserSettings | undefined> {
    const stored = await this.connection.userSettings.findUnique({
      where: { userKey },
      select: { personalizationEnabled: true, dataSharingConsent: true, updatedAt: true },
    });
    return stored ?? undefined;
  }

  async save(userKey: string, settings: UserSettings & { readonly updatedAt: Date }): Promise<void> {
    await this.connection.userSettings.upsert({
      where: { userKey },
      create: { userKey, ...settings },
      update: settings,
    });
  }

  async remove(userKey: string): Promise<void> {
    await this.connection.userSettings.deleteMany({ where: { userKey } });
  }
}
