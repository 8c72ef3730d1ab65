import { BellwetherError } from '../lib/errors.js';

/**
 * Caller of a request or connection. `OPEN`: without a token; while there is no authentication, this is every caller, and
 * it may do everything. `CLIENT`: frontend that acts for one user. `SERVICE`, `STAFF`: act for any user.
 */
export type Viewer =
  { readonly role: 'OPEN' | 'SERVICE' | 'STAFF' } | { readonly role: 'CLIENT'; readonly userKey: string };

export const OPEN_VIEWER: Viewer = { role: 'OPEN' };

/**
 * Returns the user of a request: the named one, or null for an anonymous request. A client may name only its own user,
 * which is also its default.
 *
 * @throws {BellwetherError} FORBIDDEN, with `userKey` as the field, for another user than the client's.
 */
export function requestedUser<Named extends string | null>(viewer: Viewer, userKey: Named): string | Named {
  if (viewer.role !== 'CLIENT') return userKey;
  requireOwnUser(viewer, userKey ?? viewer.userKey, 'userKey');
  return viewer.userKey;
}

/**
 * Checks that a viewer may read data of a user, such as a feed that it names by id. Data of no user is for every viewer.
 *
 * @param field argument that names the data.
 * @throws {BellwetherError} FORBIDDEN for another user than the client's.
 */
export function requireOwner(viewer: Viewer, ownerKey: string | null, field: string): void {
  if (ownerKey !== null) requireOwnUser(viewer, ownerKey, field);
}

/** Whether a viewer may read and write data of a user. */
export function isOwner(viewer: Viewer, userKey: string): boolean {
  return viewer.role !== 'CLIENT' || viewer.userKey === userKey;
}

function requireOwnUser(viewer: Viewer, userKey: string, field: string): void {
  if (isOwner(viewer, userKey)) return;
  throw BellwetherError.forbidden(field, `${field} must name the user of the token, or data of that user.`);
}
