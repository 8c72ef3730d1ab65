import {
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** Finds the elements of a schema that break a rule, by their coordinates such as `Query.feed`. */
export type SchemaRule = (schema: GraphQLSchema) => string[];

/** A field, argument or input field. */
interface Element {
  readonly coordinate: string;
  readonly name: string;
  /** Its type, such as `[ID!]`. */
  readonly type: string;
  /** Name of its type, without list and non-null. */
  readonly typeName: string;
  readonly hasDefault: boolean;
  readonly description: string | null | undefined;
}

const fieldsOf = (type: GraphQLObjectType | null | undefined): GraphQLField<unknown, unknown>[] =>
  Object.values(type?.getFields() ?? {});

function elementsOf(schema: GraphQLSchema): Element[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__')) return [];
    if (isInputObjectType(type))
      return Object.values(type.getFields()).map((field) => toElement(`${type.name}.${field.name}`, field));
    if (!isObjectType(type)) return [];
    return fieldsOf(type).flatMap((field) => {
      const coordinate = `${type.name}.${field.name}`;
      return [
        toElement(coordinate, field),
        ...field.args.map((argument) => toElement(`${coordinate}(${argument.name}:)`, argument)),
      ];
    });
  });
}

function toElement(
  coordinate: string,
  node: {
    name: string;
    type: { toString(): string };
    description?: string | null | undefined;
    defaultValue?: unknown;
  },
): Element {
  const type = node.type.toString();
  return {
    ...{ coordinate, name: node.name, type, typeName: type.replace(/[[\]!]/g, '') },
    ...{ hasDefault: node.defaultValue !== undefined, description: node.description },
  };
}

/** A failing root field that is non-null nulls the data of all others. */
const nullableRootFields: SchemaRule = (schema) =>
  [schema.getQueryType(), schema.getMutationType()].flatMap((root) =>
    fieldsOf(root)
      .filter(({ type }) => isNonNullType(type))
      .map(({ name }) => `${root?.name ?? ''}.${name}`),
  );

/** A mutation takes one `input` object of its own, to which fields can be added. */
const mutationInputs: SchemaRule = (schema) =>
  fieldsOf(schema.getMutationType())
    .filter(({ name, args }) => {
      const [input, ...others] = args;
      return (
        others.length > 0 ||
        input?.name !== 'input' ||
        String(input.type) !== `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`
      );
    })
    .map(({ name }) => `Mutation.${name}`);

/** A mutation returns a payload object of its own, to which fields can be added; never a list. */
const mutationPayloads: SchemaRule = (schema) =>
  fieldsOf(schema.getMutationType())
    .filter(({ name, type }) => {
      const payload = getNullableType(type);
      return (
        isListType(payload) || String(payload) !== `${name.charAt(0).toUpperCase()}${name.slice(1)}Payload`
      );
    })
    .map(({ name }) => `Mutation.${name}`);

/** Names of an enum elsewhere whose values are sentences or free text here. */
const TEXT_WITH_ENUM_NAME = new Set(['FeedItem.reason', 'InputProblem.field']);

/** A value that is an enum under the same name elsewhere is an enum here too. */
const enumsNotStrings: SchemaRule = (schema) => {
  const elements = elementsOf(schema);
  const names = new Set<string>();
  for (const { name, typeName } of elements) if (isEnumType(schema.getType(typeName))) names.add(name);
  return elements
    .filter(({ name, typeName }) => typeName === 'String' && names.has(name))
    .map(({ coordinate }) => coordinate)
    .filter((coordinate) => !TEXT_WITH_ENUM_NAME.has(coordinate));
};

/** Clients pass null for an argument that they do not set, so one with a default accepts null. */
const nullableDefaults: SchemaRule = (schema) =>
  elementsOf(schema)
    .filter(({ hasDefault, type }) => hasDefault && type.endsWith('!'))
    .map(({ coordinate }) => coordinate);

/** A user key is text of the site, wherever it appears. */
const userKeysAreStrings: SchemaRule = (schema) =>
  elementsOf(schema)
    .filter(({ name }) => /userkey$/i.test(name))
    .filter(({ typeName }) => !/^(Lenient)?String$/.test(typeName))
    .map(({ coordinate }) => coordinate);

/** Names that other services of a supergraph are likely to have too. */
const GENERIC_NAMES =
  /^(Badge|Candidate|Contribution|Event|EventType|Item|Job|Replay|Result|Session|Slot|Status|Type)$/;

/** Type names stay unambiguous in a schema that is composed with those of other services. */
const specificTypeNames: SchemaRule = (schema) =>
  Object.keys(schema.getTypeMap()).filter((name) => GENERIC_NAMES.test(name));

/** Every element is described, because descriptions are what an editor shows. */
const describedElements: SchemaRule = (schema) => {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  const isDescribed = ({ description }: { readonly description?: string | null | undefined }): boolean =>
    /\S/.test(description ?? '');
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  );
  return [
    // The root types are defined by the GraphQL specification.
    ...types
      .filter((type) => !(isObjectType(type) && roots.has(type)) && !isDescribed(type))
      .map(({ name }) => name),
    ...types.filter(isEnumType).flatMap((type) =>
      type
        .getValues()
        .filter((value) => !isDescribed(value))
        .map(({ name }) => `${type.name}.${name}`),
    ),
    ...elementsOf(schema)
      .filter((element) => !isDescribed(element))
      .map(({ coordinate }) => coordinate),
  ];
};

/** The rules of the public schema by their names. */
export const SCHEMA_RULES = {
  'root fields are nullable': nullableRootFields,
  'mutations take one input': mutationInputs,
  'mutations return a payload': mutationPayloads,
  'a string is no enum elsewhere': enumsNotStrings,
  'arguments with a default accept null': nullableDefaults,
  'user keys are strings': userKeysAreStrings,
  'type names are specific': specificTypeNames,
  'elements are described': describedElements,
} satisfies Record<string, SchemaRule>;
