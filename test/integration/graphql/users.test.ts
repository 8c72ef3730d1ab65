import { parse, subscribe, type ExecutionResult } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPEN_VIEWER, type Viewer } from '../../../src/auth/viewer.js';
import { createContext } from '../../../src/graphql/context.js';
import { createSchema } from '../../../src/graphql/schema.js';
import { BellwetherError } from '../../../src/lib/errors.js';
import { userPseudonym } from '../../../src/lib/user-pseudonym.js';
import { outgoingEvent } from '../../../src/outbox/sinks/outgoing-event.js';
import { executeAs } from '../../support/execute-as.js';
import { queryDatabase } from '../../support/test-database.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let pseudonymOf: (userKey: string) => string;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'derby', category: 'Sports', tags: ['Football'] }, { id: 'vote' });
  const [secret] = await queryDatabase(
    gateway.databaseUrl,
    `select value from secrets where name = 'user-pseudonyms'`,
  );
  pseudonymOf = userPseudonym(secret?.['value'] as Buffer);
});

afterAll(() => gateway.close());

describe('the id of a user', () => {
  it('is the pseudonym in events for sinks, for a known and an unknown user', async () => {
    const { data, errors } = await gateway.query(
      `mutation { trackInteraction(input: { userKey: "ada", marketId: "derby", eventType: CLICK }) {
        profile { id userKey totalInteractions topCategories { topic topicKey score } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      trackInteraction: {
        profile: {
          ...{ id: pseudonymOf('ada'), userKey: 'ada', totalInteractions: 1 },
          topCategories: [{ topic: 'Sports', topicKey: 'sports', score: 2 }],
        },
      },
    });
    const row = { userKey: 'ada', event: {} } as unknown as Parameters<typeof outgoingEvent>[0];
    expect(outgoingEvent(row, pseudonymOf).user).toBe(pseudonymOf('ada'));
    const users = await gateway.query(
      `{ userProfile(userKey: "ada") { id } new: userProfile(userKey: "new") { id }
         user(userKey: "ada") { id userKey profile { id totalInteractions } feed(limit: 1) { userKey hero { rank } } } }`,
    );
    expect(users).toMatchObject({
      data: {
        userProfile: { id: pseudonymOf('ada') },
        new: { id: pseudonymOf('new') },
        user: {
          ...{ id: pseudonymOf('ada'), userKey: 'ada' },
          profile: { id: pseudonymOf('ada'), totalInteractions: 1 },
          feed: { userKey: 'ada', hero: { rank: 1 } },
        },
      },
    });
    expect(users.errors).toBeUndefined();
  });
});

describe('two aliases of a mutation, of which one fails', () => {
  it.each([
    ['by graphql-js', 1],
    ['compiled', 3],
  ])('keep the data of the other, and the path of the error names the alias, %s', async (_, requests) => {
    for (let request = 0; request < requests; request++) {
      const { status, data, errors } = await gateway.query(
        `mutation ($unknown: TrackInteractionInput!, $known: TrackInteractionInput!) {
          failed: trackInteraction(input: $unknown) { status }
          stored: trackInteraction(input: $known) { status profileUpdated } }`,
        {
          unknown: { userKey: 'bea', marketId: 'nowhere', eventType: 'CLICK' },
          known: { userKey: 'bea', marketId: 'vote', eventType: 'CLICK' },
        },
      );
      expect(status).toBe(200);
      expect(data).toEqual({ failed: null, stored: { status: 'RECORDED', profileUpdated: true } });
      expect(errors).toMatchObject([
        { path: ['failed'], extensions: { code: 'BAD_USER_INPUT', field: 'input.marketId' } },
      ]);
    }
  });
});

describe('a request', () => {
  const ask = (viewer: Viewer, source: string) => executeAs(gateway, viewer, source);
  const codesOf = ({ errors = [] }: ExecutionResult) =>
    errors.map(({ originalError }) =>
      originalError instanceof BellwetherError ? [originalError.code, originalError.field] : originalError,
    );
  const cleo: Viewer = { role: 'CLIENT', userKey: 'cleo', expiresAtMs: Infinity };

  it('without a token has no viewer, and must name the user of a profile', async () => {
    const answer = await ask(
      OPEN_VIEWER,
      '{ viewer { id } userProfile { id } user(userKey: "ben") { userKey } }',
    );
    expect(answer.data).toEqual({ viewer: null, userProfile: null, user: { userKey: 'ben' } });
    expect(codesOf(answer)).toEqual([['BAD_USER_INPUT', 'userKey']]);
  });

  it('with a client token means the user of the token', async () => {
    const answer = await ask(
      cleo,
      '{ viewer { id userKey profile { userKey } feed(limit: 1) { userKey } } userProfile { userKey } }',
    );
    expect(answer).toEqual({
      data: {
        viewer: {
          ...{ id: pseudonymOf('cleo'), userKey: 'cleo' },
          ...{ profile: { userKey: 'cleo' }, feed: { userKey: 'cleo' } },
        },
        userProfile: { userKey: 'cleo' },
      },
    });
  });

  it('with a client token is FORBIDDEN for another user', async () => {
    const queries = await ask(cleo, '{ userProfile(userKey: "ben") { id } user(userKey: "ben") { id } }');
    expect(queries.data).toEqual({ userProfile: null, user: null });
    expect(codesOf(queries)).toEqual([
      ['FORBIDDEN', 'userKey'],
      ['FORBIDDEN', 'userKey'],
    ]);
    const mutations = await ask(
      cleo,
      `mutation {
        trackInteraction(input: { userKey: "ben", marketId: "vote", eventType: CLICK }) { status }
        trackImpressions(input: { userKey: "ben", items: [{ marketId: "vote" }] }) { recordedCount }
        trackInteractions(input: { interactions: [
          { userKey: "ben", marketId: "vote", eventType: CLICK }, { userKey: "cleo", marketId: "vote", eventType: CLICK }
        ] }) { results { status problem { index field code } } } }`,
    );
    expect(mutations.data).toEqual({
      trackInteraction: null,
      trackImpressions: null,
      trackInteractions: {
        results: [
          { status: 'REJECTED', problem: { index: 0, field: 'userKey', code: 'FORBIDDEN' } },
          { status: 'RECORDED', problem: null },
        ],
      },
    });
    expect(codesOf(mutations)).toEqual([
      ['FORBIDDEN', 'input.userKey'],
      ['FORBIDDEN', 'input.userKey'],
    ]);
  });

  describe('for feedChanged', () => {
    const subscribeAs = (viewer: Viewer, variables: Record<string, unknown>) =>
      subscribe({
        schema: createSchema(),
        document: parse('subscription ($userKey: String) { feedChanged(userKey: $userKey) { userKey } }'),
        variableValues: variables,
        contextValue: createContext(gateway.backend.services, { country: null, viewer, address: '' }),
      });

    it.each([
      ['without a userKey', {}],
      ['with null', { userKey: null }],
      ['with its own userKey', { userKey: 'cleo' }],
    ])('with a client token subscribes to the user of the token, %s', async (_what, variables) => {
      const events = await subscribeAs(cleo, variables);
      if (!(Symbol.asyncIterator in events)) throw new Error(JSON.stringify(events));
      const next = events.next();
      await gateway.backend.services.tracking.track({
        ...{ userKey: 'cleo', marketId: 'vote', eventType: 'CLICK' },
      });
      expect(await next).toEqual({
        done: false,
        value: { data: { feedChanged: { userKey: 'cleo' } } },
      });
      await events.return();
    });

    it('with a client token is FORBIDDEN for another user', async () => {
      const result = await subscribeAs(cleo, { userKey: 'ben' });
      expect('errors' in result && codesOf(result)).toEqual([['FORBIDDEN', 'userKey']]);
    });
  });
});
