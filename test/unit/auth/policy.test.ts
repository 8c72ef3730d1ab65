import { isListType, isNonNullType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { listedRules, mayUse, ruleOf } from '../../../src/auth/policy.js';
import { OPEN_VIEWER, ROLES, type Role } from '../../../src/auth/viewer.js';
import { createSchema } from '../../../src/graphql/schema.js';

const schema = createSchema();
const listed = new Set(listedRules().map(([coordinate]) => coordinate));
const isListed = (coordinate: string) => listed.has(coordinate);
const objectTypes = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter(({ name }) => !name.startsWith('__'));
const rootTypes = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
const coordinatesOf = (type: (typeof objectTypes)[number]) =>
  Object.keys(type.getFields()).map((name) => `${type.name}.${name}`);

/** Types whose fields are all for those who may use the field that returns them. A new type needs this decision. */
const UNRESTRICTED_TYPES = [
  ...[
    'ActivitySession',
    'AudienceCell',
    'AudienceInsights',
    'BackgroundJob',
    'CategoryStake',
    'EraseUserPayload',
    'ExplainedItem',
    'Feed',
    'FeedChanged',
  ],
  ...['FeedExplanation', 'FeedItemConnection', 'FeedItemEdge', 'FeedReplay', 'FeedSimulation', 'FeedStage'],
  ...['InputProblem', 'JobRun', 'MarketActivity', 'MarketConnection', 'MarketEdge', 'MarketHistoryPoint'],
  ...[
    'MarketMomentum',
    'MarketMove',
    'MarketsMoved',
    'MergeUsersPayload',
    'ModelWeight',
    'PersonalizationSettings',
    'PageInfo',
    'RankChange',
    'Ranking',
    'RankingModel',
    'RemovedMarket',
  ],
  ...['Rising', 'RisingMarket', 'RunJobPayload', 'ScoreContribution', 'ScoreParts', 'ServedFeed', 'Sink'],
  ...['Topic', 'TopicAffinity', 'TrackedInteraction', 'TrackImpressionsPayload', 'TrackInteractionPayload'],
  ...['TrackInteractionsPayload', 'Trending', 'TrendingMarket', 'UpsertedMarket', 'UpsertMarketsPayload'],
  ...['UpdatePersonalizationSettingsPayload', 'User', 'UserProfile', 'UsualStake'],
];

describe('the policy', () => {
  it.each([...rootTypes].flatMap((type) => (type ? coordinatesOf(type) : [])))('lists %s', (coordinate) => {
    expect(isListed(coordinate)).toBe(true);
  });

  it('lists every field of a type with a restricted field, and no other type', () => {
    const listedTypes = objectTypes.filter(
      (type) => !rootTypes.has(type) && coordinatesOf(type).some((coordinate) => isListed(coordinate)),
    );
    expect(listedTypes.flatMap(coordinatesOf).filter((coordinate) => !isListed(coordinate))).toEqual([]);
    const others = objectTypes.filter((type) => !rootTypes.has(type) && !listedTypes.includes(type));
    expect(others.map(({ name }) => name).toSorted()).toEqual(UNRESTRICTED_TYPES.toSorted());
  });

  it('hides only fields that can be null or an empty list, and whose null needs no error', () => {
    for (const type of objectTypes) {
      for (const [name, field] of Object.entries(type.getFields())) {
        if (ruleOf(`${type.name}.${name}`).hides !== true) continue;
        const canHide = isNonNullType(field.type) ? isListType(field.type.ofType) : true;
        const isSemanticNonNull = field.astNode?.directives?.some(
          (node) => node.name.value === 'semanticNonNull',
        );
        expect({ name, canHide, isSemanticNonNull }).toMatchObject({ canHide: true });
        expect(isSemanticNonNull).not.toBe(true);
      }
    }
  });

  it('allows nothing that it does not list, except in development mode', () => {
    for (const coordinate of ['Query.unknown', 'Mutation.unknown', 'Subscription.unknown', 'GET /unknown']) {
      const rule = ruleOf(coordinate);
      expect(ROLES.filter((role) => rule.roles.includes(role))).toEqual([]);
      expect(mayUse(OPEN_VIEWER, rule)).toBe(true);
    }
  });

  const publicFields = [
    'feed',
    'servedFeed',
    'trending',
    'rising',
    'market',
    'marketsByIds',
    'markets',
    'viewer',
  ];
  it.each<[Role, readonly string[]]>([
    ['ANONYMOUS', [...publicFields.map((name) => `Query.${name}`), 'Subscription.marketsMoved']],
    [
      'MONITOR',
      [...[...publicFields, 'jobs', 'sinks'].map((name) => `Query.${name}`), 'Subscription.marketsMoved'],
    ],
    [
      'CLIENT',
      [
        ...[...publicFields, 'userProfile', 'rankMarkets', 'personalizationSettings'].map(
          (name) => `Query.${name}`,
        ),
        ...['trackInteraction', 'trackInteractions', 'trackImpressions'].map((name) => `Mutation.${name}`),
        ...['updatePersonalizationSettings', 'eraseUser'].map((name) => `Mutation.${name}`),
        ...['marketsMoved', 'feedChanged'].map((name) => `Subscription.${name}`),
      ],
    ],
  ])('lets %s use these root fields', (role, allowed) => {
    const rootFields = [...rootTypes].flatMap((type) => (type ? coordinatesOf(type) : []));
    expect(rootFields.filter((coordinate) => ruleOf(coordinate).roles.includes(role)).toSorted()).toEqual(
      allowed.toSorted(),
    );
  });

  it.each(['ADMIN', 'SUPERADMIN'] as const)('lets %s use everything', (role) => {
    const all = objectTypes.flatMap(coordinatesOf);
    expect(all.filter((coordinate) => !ruleOf(coordinate).roles.includes(role))).toEqual([]);
  });
});
