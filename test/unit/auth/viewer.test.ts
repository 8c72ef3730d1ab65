import { describe, expect, it } from 'vitest';
import {
  ANONYMOUS_VIEWER,
  isOwner,
  OPEN_VIEWER,
  readableUsers,
  requestedUser,
  requiredUser,
  requireOwner,
  type Viewer,
} from '../../../src/auth/viewer.js';

const client: Viewer = { role: 'CLIENT', userKey: 'ann', expiresAtMs: Infinity };
const forAnyUser: readonly Viewer[] = [
  OPEN_VIEWER,
  ...(['SERVICE', 'ADMIN', 'SUPERADMIN'] as const).map((role) => ({
    role,
    id: 'backend',
    expiresAtMs: null,
  })),
];
const forNoUser = [
  { viewer: ANONYMOUS_VIEWER, code: 'UNAUTHENTICATED' },
  { viewer: { role: 'MONITOR', id: 'probe', expiresAtMs: null } satisfies Viewer, code: 'FORBIDDEN' },
];

const errorWith = (code: string, field: string) => expect.objectContaining({ code, field }) as Error;

describe('the user of a request', () => {
  it.each(forAnyUser)('is the named one, or none, for $role', (viewer) => {
    expect([requestedUser(viewer, 'bob'), requestedUser(viewer, null)]).toEqual(['bob', null]);
  });

  it('is the user of the token for a client that names no user or its own', () => {
    expect([requestedUser(client, null), requestedUser(client, 'ann')]).toEqual(['ann', 'ann']);
  });

  it.each(['bob', ''])('is FORBIDDEN for a client that names another user: "%s"', (userKey) => {
    expect(() => requestedUser(client, userKey)).toThrow(errorWith('FORBIDDEN', 'userKey'));
  });

  it.each(forNoUser)('is $code for $viewer.role that names one, and none otherwise', ({ viewer, code }) => {
    expect(() => requestedUser(viewer, 'bob')).toThrow(errorWith(code, 'userKey'));
    expect(requestedUser(viewer, null)).toBeNull();
  });

  it('is BAD_USER_INPUT if it is required and neither named nor that of a token', () => {
    expect(requiredUser(client, null)).toBe('ann');
    expect(requiredUser(OPEN_VIEWER, 'bob')).toBe('bob');
    expect(() => requiredUser(OPEN_VIEWER, null, 'input.userKey')).toThrow(
      errorWith('BAD_USER_INPUT', 'input.userKey'),
    );
    expect(() => requiredUser(client, 'bob', 'input.userKey')).toThrow(
      errorWith('FORBIDDEN', 'input.userKey'),
    );
  });
});

describe('data of a user', () => {
  it('is FORBIDDEN to a client of another user', () => {
    expect(() => requireOwner(client, 'bob', 'id')).toThrow(errorWith('FORBIDDEN', 'id'));
    expect(isOwner(client, 'bob')).toBe(false);
  });

  it.each(forNoUser)('is $code to $viewer.role', ({ viewer, code }) => {
    expect(() => requireOwner(viewer, 'ann', 'id')).toThrow(errorWith(code, 'id'));
    expect(isOwner(viewer, 'ann')).toBe(false);
  });

  it('may be read and written by a client of the user and by roles that act for any user', () => {
    for (const viewer of [client, ...forAnyUser]) {
      expect(() => requireOwner(viewer, 'ann', 'id')).not.toThrow();
      expect(isOwner(viewer, 'ann')).toBe(true);
    }
  });

  it('is readable of its user, of all users, or of none', () => {
    expect(readableUsers(client)).toEqual(['ann']);
    for (const viewer of forAnyUser) expect(readableUsers(viewer)).toBeNull();
    for (const { viewer } of forNoUser) expect(readableUsers(viewer)).toEqual([]);
  });

  it('may be read by every viewer if it is of no user', () => {
    for (const viewer of [client, ...forAnyUser, ...forNoUser.map((entry) => entry.viewer)]) {
      for (const none of [null, undefined]) expect(() => requireOwner(viewer, none, 'id')).not.toThrow();
    }
  });
});
