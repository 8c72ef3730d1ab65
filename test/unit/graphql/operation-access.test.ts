import { Kind, parse, validate, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { listedRules, ruleOf } from '../../../src/auth/policy.js';
import { ANONYMOUS_VIEWER, OPEN_VIEWER, ROLES, type Role, type Viewer } from '../../../src/auth/viewer.js';
import { OperationAccess } from '../../../src/graphql/rules/operation-access.js';
import { createSchema } from '../../../src/graphql/schema.js';
import { BellwetherError } from '../../../src/lib/errors.js';
import { fieldOperations } from '../../support/schema-operations.js';

const schema = createSchema();
const access = new OperationAccess(schema);
const operations = fieldOperations(schema);
const listed = new Set(listedRules().map(([coordinate]) => coordinate));

function viewerOf(role: Role): Viewer {
  if (role === 'ANONYMOUS') return ANONYMOUS_VIEWER;
  if (role === 'CLIENT') return { role, userKey: 'ann', expiresAtMs: Infinity };
  return { role, id: 'k1', expiresAtMs: null };
}

function parsed(source: string): [DocumentNode, OperationDefinitionNode] {
  const document = parse(source);
  expect(validate(schema, document)).toEqual([]);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return [document, operation as OperationDefinitionNode];
}

/** Returns the code and field of the error for a viewer; undefined if the viewer may send the operation. */
function denialOf(source: string, viewer: Viewer, variables: Record<string, unknown> = {}) {
  const error = access.check(...parsed(source), variables, viewer);
  const cause = error?.originalError;
  return cause instanceof BellwetherError ? { code: cause.code, field: cause.field } : error;
}

function hiddenFrom(role: Role, source: string, data: unknown): unknown {
  const copy = structuredClone(data);
  access.hide(...parsed(source), viewerOf(role), copy);
  return copy;
}

const client = viewerOf('CLIENT');
const FORBIDDEN = { code: 'FORBIDDEN', field: undefined };

describe.each(ROLES)('the role %s', (role) => {
  const code = role === 'ANONYMOUS' ? 'UNAUTHENTICATED' : 'FORBIDDEN';

  it.each(operations.filter(({ coordinate }) => listed.has(coordinate)))(
    'may select $coordinate or not, by the policy',
    ({ source, uses }) => {
      const isAllowed = uses.map(ruleOf).every(({ roles, hides }) => hides === true || roles.includes(role));
      expect(denialOf(source, viewerOf(role))).toEqual(isAllowed ? undefined : { code, field: undefined });
    },
  );

  it.each(['feed', 'rankMarkets'])('may give the algorithm of %s or not, by the policy', (name) => {
    const field = `Query.${name}`;
    const isAllowed = ruleOf(`${field}(algorithm:)`).roles.includes(role);
    const argument = ruleOf(field).roles.includes(role) ? 'algorithm' : undefined;
    const source = `{ ${name}(${name === 'feed' ? '' : 'marketIds: ["m1"], '}algorithm: V1) { algorithm } }`;
    expect(denialOf(source, viewerOf(role))).toEqual(isAllowed ? undefined : { code, field: argument });
  });

  it.each(operations.filter(({ coordinate }) => ruleOf(coordinate).hides === true))(
    'gets $coordinate or null, by the policy',
    ({ source, coordinate, uses }) => {
      const names = uses.map((use) => use.split('.')[1] ?? '');
      const dataWith = (value: unknown) =>
        names.reduceRight<unknown>((below, name) => ({ [name]: below }), value);
      const isList = coordinate === 'FeedItem.reasonParts';
      const isAllowed = ruleOf(coordinate).roles.includes(role);
      const value = isList ? ['INTEREST'] : 'a value';
      expect(hiddenFrom(role, source, dataWith(value))).toEqual(
        dataWith(isAllowed ? value : isList ? [] : null),
      );
    },
  );
});

describe('a field that a role may not use is found', () => {
  it.each([
    ['under an alias', '{ market: jobs { name } }'],
    ['in an inline fragment', '{ ... { ... on Query { jobs { name } } } }'],
    ['in a fragment', '{ ...A } fragment A on Query { ...B } fragment B on Query { sinks { name } }'],
    ['below lists', '{ feed { grid { market { source } } } }'],
    [
      'in a fragment on another type',
      '{ market(id: "1") { ...M } } fragment M on Market { blockedCountries }',
    ],
    ['if a directive leaves it out', '{ jobs @skip(if: true) { name } viewer { id } }'],
  ])('%s', (_where, source) => {
    expect(denialOf(source, client)).toEqual(FORBIDDEN);
    expect(denialOf(source, OPEN_VIEWER)).toBeUndefined();
  });
});

describe('an argument that a role may not use', () => {
  const source = 'query ($a: Algorithm) { feed(algorithm: $a) { algorithm } }';
  it.each([[{}], [{ a: null }]])('may have the value null: %j', (variables) => {
    expect(denialOf(source, client, variables)).toBeUndefined();
    expect(denialOf('{ feed(algorithm: null) { algorithm } }', client)).toBeUndefined();
  });

  it('is rejected with a value in a variable, its default, or one of two fields', () => {
    const expected = { code: 'FORBIDDEN', field: 'algorithm' };
    expect(denialOf(source, client, { a: 'V1' })).toEqual(expected);
    expect(denialOf(source.replace('Algorithm)', 'Algorithm = V1)'), client)).toEqual(expected);
    expect(denialOf('{ a: feed { id } b: feed(algorithm: V2) { id } }', client)).toEqual(expected);
    expect(denialOf(source, viewerOf('SERVICE'), { a: 'V1' })).toBeUndefined();
  });
});

describe('hidden values', () => {
  const source = `{ a: feed { first: hero { ...Card } grid { why: reason ...Card } }
    b: feed { hero { market { title } } } }
    fragment Card on FeedItem { rank score parts: reasonParts scores { final } }`;
  const card = { rank: 1, score: 0.5, parts: ['INTEREST'], scores: { final: 0.5 } };
  const data = {
    a: {
      first: card,
      grid: [
        { why: 'New', ...card },
        { why: null, ...card },
      ],
    },
    b: { hero: { market: { title: 'A' } } },
  };

  it('are removed under aliases, in fragments and lists, and nothing else is', () => {
    const hidden = { rank: 1, score: null, parts: [], scores: null };
    expect(hiddenFrom('CLIENT', source, data)).toEqual({
      a: {
        first: hidden,
        grid: [
          { why: null, ...hidden },
          { why: null, ...hidden },
        ],
      },
      b: { hero: { market: { title: 'A' } } },
    });
    expect(hiddenFrom('ADMIN', source, data)).toEqual(data);
  });

  it.each([[null], [undefined], [{ a: null, b: null }], [{ a: { first: null, grid: [] }, b: null }]])(
    'need no data: %j',
    (partial) => {
      expect(hiddenFrom('CLIENT', source, partial)).toEqual(partial);
    },
  );
});
