/** The choices of a user about personalization. */
export interface UserSettings {
  /** False: feeds are global, and nothing about the user is read or written. */
  readonly personalizationEnabled: boolean;
  /** Whether events of a user without personalization count in trends, without the key. */
  readonly dataSharingConsent: boolean;
  /** Null: the user has made no choice, so these are the defaults. */
  readonly updatedAt: Date | null;
}

export const DEFAULT_SETTINGS: UserSettings = {
  personalizationEnabled: true,
  dataSharingConsent: false,
  updatedAt: null,
};
