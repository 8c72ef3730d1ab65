import type { KnownTreatment } from '../../src/privacy/user-register.js';

const active = (userKey: string): Promise<KnownTreatment> =>
  Promise.resolve({ kind: 'ACTIVE', userKey, consents: false });

/** Users none of whom opted out, was erased, or was merged. */
export const activeUsers = { treatmentOf: active, knownTreatmentOf: active, isActive: () => true };
