import { isRestricted, listedRules, type Rule } from '../../dist/auth/policy.js';
import { ROLES } from '../../dist/auth/viewer.js';
import { table } from './table.ts';

const ROOT_FIELD_OR_ROUTE = /^(Query|Mutation|Subscription)\.| \//;

/** Table of the access policy: root fields, routes, and restricted elements, by the roles that may use them. */
export function policyTable(): string {
  const elements = new Map<string, { rule: Rule; coordinates: string[] }>();
  for (const [coordinate, rule] of listedRules()) {
    if (!isRestricted(rule) && !ROOT_FIELD_OR_ROUTE.test(coordinate)) continue;
    const key = JSON.stringify(rule);
    const group = elements.get(key) ?? { rule, coordinates: [] };
    elements.set(key, group);
    group.coordinates.push(coordinate);
  }
  return table(
    ['elements', 'roles', 'limits'],
    [...elements.values()].map(({ rule, coordinates }) => [
      coordinates.map((coordinate) => `\`${coordinate}\``).join(', '),
      rule.roles.length === ROLES.length ? 'all' : rule.roles.map((role) => `\`${role}\``).join(', '),
      limitsOf(rule),
    ]),
  );
}

function limitsOf({ ownUser, hides, isPublic }: Rule): string {
  if (ownUser === true) return 'own user';
  if (hides === true) return 'null for other roles';
  return isPublic === true ? 'credentials are ignored' : '';
}
