import {
  getNamedType,
  isCompositeType,
  isObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** Required arguments of root fields, by field. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  servedFeed: 'id: "unknown"',
  market: 'id: "m1"',
  marketsByIds: 'ids: ["m1"]',
  user: 'userKey: "ann"',
  userProfile: 'userKey: "ann"',
  rankMarkets: 'marketIds: ["m1"]',
  audienceInsights: 'day: "2026-06-14", kind: CATEGORY',
  explainFeed: 'feedId: "unknown"',
  simulateFeed: 'config: {}',
  trackInteraction: 'input: { userKey: "ann", marketId: "m1", eventType: CLICK }',
  trackInteractions: 'input: { interactions: [{ userKey: "ann", marketId: "m1", eventType: CLICK }] }',
  trackImpressions: 'input: { userKey: "ann", items: [{ marketId: "m1" }] }',
  personalizationSettings: 'userKey: "ann"',
  updatePersonalizationSettings: 'input: { userKey: "ann", dataSharingConsent: true }',
  eraseUser: 'input: { userKey: "ann" }',
  mergeUsers: 'input: { fromUserKey: "visitor", intoUserKey: "cat" }',
  upsertMarkets: 'input: { markets: [{ id: "m1" }] }',
  runJob: 'input: { name: "unknown" }',
  marketsMoved: 'marketIds: ["m1"]',
  feedChanged: 'userKey: "ann"',
};

/** An operation that selects one field. */
export interface FieldOperation {
  /** The field, such as `Market.source`. */
  readonly coordinate: string;
  /** The field and those around it. */
  readonly uses: readonly string[];
  readonly source: string;
}

/** Returns an operation for every field of the schema, with valid arguments. Root fields come before the fields below them. */
export function fieldOperations(schema: GraphQLSchema): FieldOperation[] {
  const operations: FieldOperation[] = [];
  const reached = new Set<GraphQLObjectType>();
  interface Place {
    readonly type: GraphQLObjectType;
    readonly uses: readonly string[];
    readonly around: (selection: string) => string;
  }
  const pending: Place[] = [];
  for (const kind of ['query', 'mutation', 'subscription'] as const) {
    const type = schema.getRootType(kind as never);
    if (type) pending.push({ type, uses: [], around: (selection) => `${kind} { ${selection} }` });
  }
  for (let place = pending.shift(); place !== undefined; place = pending.shift()) {
    const { type, uses, around } = place;
    if (reached.has(type)) continue;
    reached.add(type);
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      const required = uses.length === 0 ? ARGUMENTS[field.name] : undefined;
      const call = required === undefined ? field.name : `${field.name}(${required})`;
      const named = getNamedType(field.type);
      const source = around(isCompositeType(named) ? `${call} { __typename }` : call);
      operations.push({ coordinate, uses: [...uses, coordinate], source });
      if (isObjectType(named)) {
        pending.push({
          ...{ type: named, uses: [...uses, coordinate] },
          around: (selection) => around(`${call} { ${selection} }`),
        });
      }
    }
  }
  return operations;
}
