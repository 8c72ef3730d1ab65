import { BellwetherError } from '../lib/errors.js';

/** Roles of callers. src/auth/policy.ts says what each may do. */
export const ROLES = ['ANONYMOUS', 'CLIENT', 'SERVICE', 'MONITOR', 'ADMIN', 'SUPERADMIN'] as const;

export type Role = (typeof ROLES)[number];

/**
 * Caller of a request or connection.
 *
 * - `OPEN`: any caller of a gateway in development mode, which may do everything.
 * - `ANONYMOUS`: a caller without credentials.
 * - `CLIENT`: a frontend that acts for the user of its token.
 * - `SERVICE`, `ADMIN`, `SUPERADMIN` act for any user; `MONITOR` for none. `id` names the API key, or is the `sub` of the token.
 *
 * From `expiresAtMs` on, the credentials are no longer valid. Null: they do not expire by themselves.
 */
export type Viewer =
  | { readonly role: 'OPEN' }
  | { readonly role: 'ANONYMOUS' }
  | { readonly role: 'CLIENT'; readonly userKey: string; readonly expiresAtMs: number }
  | {
      readonly role: Exclude<Role, 'ANONYMOUS' | 'CLIENT'>;
      readonly id: string;
      readonly expiresAtMs: number | null;
    };

export const OPEN_VIEWER: Viewer = { role: 'OPEN' };

export const ANONYMOUS_VIEWER: Viewer = { role: 'ANONYMOUS' };

/**
 * Returns the user of a request: the named one, or null for an anonymous request. A client may name only its own user,
 * which is also its default.
 *
 * @param field input that names the user.
 * @throws {BellwetherError} FORBIDDEN, or UNAUTHENTICATED without credentials, for a user that the viewer may not act for.
 */
export function requestedUser<Named extends string | null>(
  viewer: Viewer,
  userKey: Named,
  field = 'userKey',
): string | Named {
  const user = viewer.role === 'CLIENT' ? (userKey ?? viewer.userKey) : userKey;
  requireOwner(viewer, user, field);
  return user;
}

/**
 * {@link requestedUser} of a request that must have a user.
 *
 * @throws {BellwetherError} BAD_USER_INPUT also for an anonymous request.
 */
export function requiredUser(viewer: Viewer, userKey: string | null, field = 'userKey'): string {
  const user = requestedUser(viewer, userKey, field);
  if (user !== null) return user;
  throw BellwetherError.badInput(field, `${field} is required without a client token.`);
}

/**
 * Checks that a viewer may read data of a user, such as a feed that it names by id. Data of no user is for every viewer.
 *
 * @param ownerKey the user; null or undefined for data of no user.
 * @param field argument that names the data.
 * @throws {BellwetherError} FORBIDDEN, or UNAUTHENTICATED without credentials, for a user that the viewer may not act for.
 */
export function requireOwner(viewer: Viewer, ownerKey: string | null | undefined, field: string): void {
  if (ownerKey == null || isOwner(viewer, ownerKey)) return;
  switch (viewer.role) {
    case 'ANONYMOUS':
      throw BellwetherError.unauthenticated(
        `${field} names a user, or data of one, which requires a token or an API key.`,
        field,
      );
    case 'CLIENT':
      throw BellwetherError.forbidden(
        field,
        `${field} must name the user of the token, or data of that user.`,
      );
    default:
      throw BellwetherError.forbidden(
        field,
        `${field} must not name a user: ${viewer.role} reads no user data.`,
      );
  }
}

/**
 * Returns what the key of a merged user stands for in the reads, exports, erasures, and settings of a viewer. A client with the
 * old key is not known to be the user that it was merged into, so to it the key is that of a user without data. Events and
 * impressions of any viewer follow the alias.
 */
export function aliasUseOf({ role }: Viewer): 'FOLLOW' | 'IGNORE' {
  return role === 'CLIENT' ? 'IGNORE' : 'FOLLOW';
}

/** Returns the users whose data a viewer may read, besides data of no user; null: all users. */
export function readableUsers(viewer: Viewer): readonly string[] | null {
  switch (viewer.role) {
    case 'CLIENT':
      return [viewer.userKey];
    case 'ANONYMOUS':
    case 'MONITOR':
      return [];
    default:
      return null;
  }
}

/** Whether a viewer may read and write data of a user. */
export function isOwner(viewer: Viewer, userKey: string): boolean {
  const users = readableUsers(viewer);
  return users === null || users.includes(userKey);
}
