import {
  execute,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { CompiledOperations, type CompiledOperation } from '../../../src/graphql/compiled-operations.js';
import { RepeatedResponses } from '../../../src/graphql/repeated-responses.js';
import { IMMUTABLE_VALUE } from '../../../src/graphql/root-field.js';

const page = { title: 'news', views: 3 };

const Page = new GraphQLObjectType({
  name: 'Page',
  fields: {
    title: { type: GraphQLString },
    views: { type: new GraphQLNonNull(GraphQLInt) },
    resolved: { type: GraphQLString, resolve: () => 'now' },
  },
});

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      page: {
        type: Page,
        args: { id: { type: new GraphQLNonNull(GraphQLString) } },
        resolve: (_root, { id }, context: { pages: Map<string, unknown> }) => {
          const found = context.pages.get(String(id));
          if (found instanceof Error) throw found;
          return found;
        },
        extensions: IMMUTABLE_VALUE,
      },
      changing: { type: Page, resolve: () => page },
    },
  }),
});

function compile(source: string): CompiledOperation | undefined {
  const operations = new CompiledOperations(schema, 10);
  operations.get(source, source, undefined);
  return operations.get(source, source, undefined);
}

describe('the root field of a compiled operation', () => {
  const context = {
    pages: new Map<string, unknown>([
      ['a', page],
      ['broken', new Error('no page')],
      ['odd', {}],
    ]),
  };

  it.each([
    ['query ($id: String!) { page(id: $id) { title views } }', true],
    ['query ($id: String!) { other: page(id: $id) { ...F } } fragment F on Page { title __typename }', true],
    ['query ($id: String!) { page(id: $id) { title resolved } }', false],
    ['query ($id: String!) { page(id: $id) { title } __typename }', false],
    ['{ changing { title } }', false],
  ])('is executed by itself if nothing else decides the data: %s: %s', (source, expected) => {
    expect(compile(source)?.root !== undefined).toBe(expected);
  });

  it.each(['a', 'missing', 'broken', 'odd'])('gives the result of graphql-js: %s', async (id) => {
    const source = 'query ($id: String!) { shown: page(id: $id) { title views } }';
    const expected = await execute({
      schema,
      document: parse(source),
      variableValues: { id },
      contextValue: context,
    });
    const actual = await compile(source)?.execute(context, { id });
    const comparable = ({
      data,
      errors,
    }: {
      data?: unknown;
      errors?: readonly { message: string; path?: unknown }[];
    }) => JSON.stringify({ data, errors: errors?.map(({ message, path }) => ({ message, path })) });
    expect(comparable(actual as object)).toBe(comparable(expected as object));
  });
});

describe('repeated responses', () => {
  const operation = compile('query ($id: String!) { page(id: $id) { title views } }') as CompiledOperation;
  const other = compile('query ($id: String!) { page(id: $id) { title } }') as CompiledOperation;

  it('have the text of the first response, for the same operation, object, and role', () => {
    const responses = new RepeatedResponses();
    const value = { title: 'a' };
    const data = { page: { title: 'a' } };
    expect(responses.find(operation, value, 'CLIENT')).toBeUndefined();
    responses.keep(operation, value, 'CLIENT', data);
    expect(responses.find(operation, value, 'CLIENT')).toBeUndefined();
    const text = responses.stringify({ data });
    expect(text).toBe('{"data":{"page":{"title":"a"}}}');
    expect(responses.stringify({ data: responses.find(operation, value, 'CLIENT') ?? null })).toBe(text);
    expect(responses.find(operation, value, 'SERVICE')).toBeUndefined();
    expect(responses.find(other, value, 'CLIENT')).toBeUndefined();
    expect(responses.find(operation, { title: 'a' }, 'CLIENT')).toBeUndefined();
  });

  it('have the data as they were serialized, after fields were hidden', () => {
    const responses = new RepeatedResponses();
    const value = {};
    const data = { page: { title: 'secret' as string | null } };
    responses.keep(operation, value, 'CLIENT', data);
    data.page.title = null;
    responses.stringify({ data });
    expect(responses.stringify({ data: responses.find(operation, value, 'CLIENT') ?? null })).toBe(
      '{"data":{"page":{"title":null}}}',
    );
  });

  it('are not those of a response with errors or extensions, to which they can be added', () => {
    const responses = new RepeatedResponses();
    const value = {};
    const failed = { page: null };
    responses.keep(operation, value, 'CLIENT', failed);
    responses.stringify({ data: failed, errors: [{ message: 'failed' }] });
    expect(responses.find(operation, value, 'CLIENT')).toBeUndefined();

    const data = { page: { title: 'a' } };
    responses.keep(operation, value, 'CLIENT', data);
    responses.stringify({ data });
    const sent = responses.find(operation, value, 'CLIENT') ?? null;
    expect(responses.stringify({ data: sent, extensions: { cost: 1 } })).toBe(
      '{"data":{"page":{"title":"a"}},"extensions":{"cost":1}}',
    );
  });

  it('are forgotten beyond 64 MiB, the least recently used first', () => {
    const responses = new RepeatedResponses();
    const title = 'x'.repeat(8 * 1024 * 1024);
    const values = Array.from({ length: 9 }, () => ({}));
    const isKept = (index: number) => responses.find(operation, values[index] ?? {}, 'CLIENT') !== undefined;
    for (const [index, value] of values.entries()) {
      for (const data of [{ page: { title } }, { page: { title } }]) {
        responses.keep(operation, value, 'CLIENT', data);
        responses.stringify({ data });
      }
      if (index > 0) expect(isKept(0)).toBe(true);
    }
    expect(values.map((_, index) => isKept(index))).toEqual([
      true,
      false,
      false,
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
  });
});
