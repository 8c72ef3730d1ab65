import { BellwetherError } from '../lib/errors.js';
import { ROLES, type Role, type Viewer } from './viewer.js';

/** Roles that may use an element of the API. A gateway in development mode allows everything. */
export interface Rule {
  readonly roles: readonly Role[];
  /** CLIENT may name only its own user and data of it; ANONYMOUS and MONITOR no user. Resolvers check these arguments. */
  readonly ownUser?: true;
  /** Requests are not authenticated, so that they succeed whatever credentials they have. */
  readonly isPublic?: true;
  /** Other roles get null or an empty list instead of an error, so that one document works for every role. */
  readonly hides?: true;
}

const allow = (...roles: readonly Role[]): Rule => ({ roles });

const everyone = allow(...ROLES);
const everyoneForOwnUser: Rule = { ...everyone, ownUser: true };
const usersAndServices: Rule = { ...allow('CLIENT', 'SERVICE', 'ADMIN', 'SUPERADMIN'), ownUser: true };
const services = allow('SERVICE', 'ADMIN', 'SUPERADMIN');
const hiddenFromClients: Rule = { ...services, hides: true };
const monitors = allow('MONITOR', 'ADMIN', 'SUPERADMIN');
const staff = allow('ADMIN', 'SUPERADMIN');
const noRole = allow();
const publicRoute: Rule = { ...everyone, isPublic: true };

/**
 * Access to each element, by its coordinate: `Type.field`, `Type.field(argument:)`, or a method and path. Root fields and
 * routes that are not listed are for no role; other fields and arguments are for all who may use the field that they
 * belong to. A type with a restricted field lists all of its fields.
 */
const POLICY: Readonly<Record<string, Rule>> = {
  'Query.feed': everyoneForOwnUser,
  'Query.feed(algorithm:)': services,
  'Query.servedFeed': everyoneForOwnUser,
  'Query.trending': everyone,
  'Query.rising': everyone,
  'Query.market': everyone,
  'Query.marketsByIds': everyone,
  'Query.markets': everyone,
  'Query.viewer': everyone,
  'Query.userProfile': usersAndServices,
  'Query.personalizationSettings': usersAndServices,
  'Query.rankMarkets': usersAndServices,
  'Query.rankMarkets(algorithm:)': services,
  'Query.user': services,
  'Query.audienceInsights': services,
  'Query.explainFeed': staff,
  'Query.simulateFeed': staff,
  'Query.jobs': monitors,
  'Query.sinks': monitors,
  'Query.models': staff,

  'Mutation.trackInteraction': usersAndServices,
  'Mutation.trackInteractions': usersAndServices,
  'Mutation.trackImpressions': usersAndServices,
  'Mutation.updatePersonalizationSettings': usersAndServices,
  'Mutation.eraseUser': usersAndServices,
  'Mutation.mergeUsers': services,
  'Mutation.upsertMarkets': services,
  'Mutation.runJob': staff,

  'Subscription.marketsMoved': everyone,
  'Subscription.feedChanged': usersAndServices,

  // Each operation has its own rules.
  'GET /graphql': everyone,
  'POST /graphql': everyone,
  'POST /track': usersAndServices,
  'POST /export': usersAndServices,
  'GET /': publicRoute,
  'GET /graphiql': monitors,
  'GET /sample/:name': publicRoute,
  'GET /livez': publicRoute,
  'GET /readyz': publicRoute,

  ...fields('FeedItem', everyone, 'id', 'rank', 'section', 'position', 'market', 'slot', 'badge'),
  ...fields('FeedItem', hiddenFromClients, 'score', 'scores', 'propensity', 'reason', 'reasonParts'),

  ...fields('RankedMarket', everyone, 'id', 'rank', 'market'),
  ...fields('RankedMarket', hiddenFromClients, 'score', 'scores'),

  ...fields('Market', everyone, 'id', 'title', 'description', 'editorialDescription', 'url', 'imageUrl'),
  ...fields(
    'Market',
    everyone,
    'category',
    'tags',
    'topics',
    'eventKey',
    'status',
    'probability',
    'momentum',
  ),
  ...fields('Market', everyone, 'volume24h', 'volumeTotal', 'volumeUnit', 'participantCount', 'history'),
  ...fields('Market', everyone, 'createdAt', 'closesAt', 'resolvesAt', 'resolvedAt', 'updatedAt'),
  ...fields('Market', services, 'source', 'editorialBoost', 'blockedCountries'),
};

function fields(type: string, rule: Rule, ...names: readonly string[]): Record<string, Rule> {
  return Object.fromEntries(names.map((name) => [`${type}.${name}`, rule]));
}

const ROOT_FIELD_OR_ROUTE = /^((Query|Mutation|Subscription)\.\w+|[A-Z]+ \/.*)$/;

/** Returns the rule of an element by its coordinate. */
export function ruleOf(coordinate: string): Rule {
  return POLICY[coordinate] ?? (ROOT_FIELD_OR_ROUTE.test(coordinate) ? noRole : everyone);
}

/** Returns the elements that the policy lists, with their rules. */
export function listedRules(): readonly (readonly [coordinate: string, rule: Rule])[] {
  return Object.entries(POLICY);
}

/** Whether some roles may not use an element. */
export function isRestricted({ roles }: Rule): boolean {
  return roles.length < ROLES.length;
}

export function mayUse({ role }: Viewer, rule: Rule): boolean {
  return role === 'OPEN' || rule.roles.includes(role);
}

/** Returns the error for a viewer that may not use an element. */
export function accessDenied({ role }: Viewer, coordinate: string, { roles }: Rule): BellwetherError {
  const argument = /\((\w+):\)$/.exec(coordinate)?.[1];
  if (roles.length === 0) return BellwetherError.forbidden(argument, `${coordinate} is not available.`);
  const required = `${coordinate} requires ${roles.length === 1 ? 'the role' : 'one of the roles'} ${roles.join(', ')}`;
  return role === 'ANONYMOUS'
    ? BellwetherError.unauthenticated(`${required}. Send a token or an API key.`, argument)
    : BellwetherError.forbidden(argument, `${required}; the credentials have the role ${role}.`);
}
