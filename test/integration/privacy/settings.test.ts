import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executeAs } from '../../support/execute-as.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'm1' });
});

afterAll(() => gateway.close());

const READ = `query ($userKey: String) {
  personalizationSettings(userKey: $userKey) { personalizationEnabled dataSharingConsent updatedAt } }`;
const UPDATE = `mutation ($input: UpdatePersonalizationSettingsInput!) {
  updatePersonalizationSettings(input: $input) {
    user { userKey personalizationSettings { personalizationEnabled dataSharingConsent } } } }`;

describe('the settings of a user', () => {
  it('are the defaults for a user who changed none', async () => {
    const { data } = await gateway.query(READ, { userKey: 'new' });
    expect(data).toEqual({
      personalizationSettings: {
        ...{ personalizationEnabled: true, dataSharingConsent: false, updatedAt: null },
      },
    });
  });

  it('keep a value that a change omits', async () => {
    const first = await gateway.query(UPDATE, { input: { userKey: 'ada', dataSharingConsent: true } });
    expect(first.errors).toBeUndefined();
    const { data } = await gateway.query(UPDATE, {
      input: { userKey: 'ada', personalizationEnabled: false },
    });
    const settings = { personalizationEnabled: false, dataSharingConsent: true };
    expect(data).toEqual({
      updatePersonalizationSettings: { user: { userKey: 'ada', personalizationSettings: settings } },
    });
    expect((await gateway.query(READ, { userKey: 'ada' })).data).toEqual({
      personalizationSettings: { ...settings, updatedAt: new Date(TEST_NOW_MS).toISOString() },
    });
  });

  it('are rejected without a change', async () => {
    const { errors } = await gateway.query(UPDATE, { input: { userKey: 'ada' } });
    expect(errors?.[0]?.extensions).toMatchObject({
      ...{ code: 'BAD_USER_INPUT', field: 'input.personalizationEnabled' },
    });
  });

  it('are for their own user and for services only', async () => {
    const client = { role: 'CLIENT', userKey: 'ben', expiresAtMs: Infinity } as const;
    const own = await executeAs(gateway, client, READ);
    expect(own.errors).toBeUndefined();
    for (const [field, text, variables] of [
      ['userKey', READ, { userKey: 'ada' }],
      ['input.userKey', UPDATE, { input: { userKey: 'ada', personalizationEnabled: true } }],
      ['input.userKey', `mutation { eraseUser(input: { userKey: "ada" }) { erasedUserKey } }`, {}],
    ] as const) {
      const { errors } = await executeAs(gateway, client, text, variables);
      expect(errors?.[0]?.originalError).toMatchObject({ code: 'FORBIDDEN', field });
    }
    expect((await gateway.query(READ, { userKey: 'ada' })).data).toMatchObject({
      personalizationSettings: { personalizationEnabled: false },
    });
  });
});

describe('a user key that looks like personal data', () => {
  const inputs: readonly [string, string][] = [
    ['userKey', '{ feed(userKey: "ada@example.org") { id } }'],
    ['userKey', '{ userProfile(userKey: "ada@example.org") { id } }'],
    ['userKey', '{ user(userKey: "ada@example.org") { id } }'],
    ['userKey', '{ rankMarkets(userKey: "ada@example.org", marketIds: ["m1"]) { rankedMarkets { id } } }'],
    [
      'input.userKey',
      'mutation { trackInteraction(input: { userKey: "ada@example.org", marketId: "m1", eventType: CLICK }) { status } }',
    ],
    [
      'input.userKey',
      'mutation { trackImpressions(input: { userKey: "ada@example.org", items: [{ marketId: "m1" }] }) { recordedCount } }',
    ],
    [
      'input.intoUserKey',
      'mutation { mergeUsers(input: { fromUserKey: "a", intoUserKey: "ada@example.org" }) { user { id } } }',
    ],
  ];

  it.each(inputs)('is rejected, naming %s: %s', async (field, query) => {
    const { errors } = await gateway.query(query);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
    expect(errors?.[0]?.message).toContain('must not contain an email address');
    expect(errors?.[0]?.message).not.toContain('ada@');
  });

  it('is rejected in a batch, by /track, and in an import', async () => {
    const event = { userKey: '+49 171 1234567', marketId: 'm1', eventType: 'CLICK' };
    const response = await fetch(`${gateway.url}/track`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ interactions: [event] }),
    });
    expect(await response.json()).toMatchObject({
      interactions: { results: [{ status: 'REJECTED', problem: { field: 'userKey', code: 'INVALID' } }] },
    });
    const [imported] = await gateway.backend.history.importAll([event]);
    expect(imported).toMatchObject({ outcome: 'REJECTED' });
    expect(imported?.reason).toContain('must not be a phone number');
  });
});
