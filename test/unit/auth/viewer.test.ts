import { describe, expect, it } from 'vitest';
import { OPEN_VIEWER, requestedUser, requireOwner, type Viewer } from '../../../src/auth/viewer.js';

const client: Viewer = { role: 'CLIENT', userKey: 'ann' };
const others: readonly Viewer[] = [OPEN_VIEWER, { role: 'SERVICE' }, { role: 'STAFF' }];

describe('the user of a request', () => {
  it.each(others)('is the named one, or none, for $role', (viewer) => {
    expect([requestedUser(viewer, 'bob'), requestedUser(viewer, null)]).toEqual(['bob', null]);
  });

  it('is the user of the token for a client that names no user or its own', () => {
    expect([requestedUser(client, null), requestedUser(client, 'ann')]).toEqual(['ann', 'ann']);
  });

  it.each(['bob', ''])('is FORBIDDEN for a client that names another user: "%s"', (userKey) => {
    expect(() => requestedUser(client, userKey)).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN', field: 'userKey' }) as Error,
    );
  });
});

describe('data of a user', () => {
  it('is FORBIDDEN to a client of another user', () => {
    expect(() => requireOwner(client, 'bob', 'id')).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN', field: 'id' }) as Error,
    );
  });

  it('may be read by a client of the user and by other roles', () => {
    for (const viewer of [client, ...others]) expect(() => requireOwner(viewer, 'ann', 'id')).not.toThrow();
  });

  it('may be read by every viewer if it is of no user', () => {
    for (const viewer of [client, ...others]) expect(() => requireOwner(viewer, null, 'id')).not.toThrow();
  });
});
