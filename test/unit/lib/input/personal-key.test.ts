import { afterEach, describe, expect, it } from 'vitest';
import { personalKeyProblem } from '../../../../src/lib/input/personal-key.js';
import { rejectPersonalUserKeys, userKeySchema } from '../../../../src/lib/input/text-schemas.js';

describe('a user key', () => {
  it.each([
    'ada@example.org',
    ' Ada.Lovelace+news@mail.example.co.uk ',
    'auth0|ada@example.org',
    'mailto:ada@example.org',
    'ada@müller.example',
  ])('with an email address is personal: %s', (userKey) => {
    expect(personalKeyProblem(userKey)).toContain('must not contain an email address');
  });

  it.each(['+49 171 1234567', '+491711234567', 'tel:+1-555-010-4477', '(555) 010-4477', '555.010.4477'])(
    'that is a phone number is personal: %s',
    (userKey) => {
      expect(personalKeyProblem(userKey)).toContain('must not be a phone number');
    },
  );

  it.each([
    '1',
    '5550104477',
    '491711234567',
    '018f7a2e-9c1b-7c3d-8a00-1b2c3d4e5f60',
    'user@home',
    'u_3f9a',
    '2026-11-27',
    '0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B',
    'google-oauth2|108204268033311374519',
    'sample-politics-001',
    'Zoë',
  ])('that is an id is not personal: %s', (userKey) => {
    expect(personalKeyProblem(userKey)).toBeUndefined();
  });
});

describe('the schema of user keys', () => {
  afterEach(() => rejectPersonalUserKeys(true));

  it('rejects a personal key without repeating it', () => {
    const { error } = userKeySchema.safeParse('ada@example.org');
    expect(error?.issues[0]?.message).toMatch(/^must not contain an email address/);
    expect(error?.issues[0]?.message).not.toContain('ada');
  });

  it('accepts it if the config says so', () => {
    rejectPersonalUserKeys(false);
    expect(userKeySchema.safeParse('ada@example.org').success).toBe(true);
  });
});
