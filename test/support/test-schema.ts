import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  Kind,
} from 'graphql';
import type { Caller } from '../../src/auth/rate-limits/caller.js';
import { BellwetherError } from '../../src/lib/errors.js';

export interface TestContext extends Caller {
  /** Example of request data, which two requests must never share. */
  readonly user: string;
}

interface Note {
  readonly kind: 'Note';
  readonly id: string;
  readonly text: string;
  readonly mood: number;
  readonly at: Date;
}

interface Author {
  readonly kind: 'Author';
  readonly id: string;
  readonly name: string;
}

/** Message of every unexpected error in this schema. It must never reach a client. */
export const SECRET = 'connection to 10.0.0.7 failed for user bellwether';

function note(number: number): Note {
  return {
    kind: 'Note',
    id: `n${number}`,
    text: `note ${number}`,
    mood: number % 2 === 0 ? 10 : 20,
    at: new Date(Date.UTC(2026, 0, 1 + number)),
  };
}

function author(number: number): Author {
  return { kind: 'Author', id: `a${number}`, name: `author ${number}` };
}

function crash(): never {
  throw new Error(SECRET);
}

function required<T extends ConstructorParameters<typeof GraphQLNonNull>[0]>(type: T) {
  return new GraphQLNonNull(type);
}

function toDate(value: unknown): Date {
  const date = new Date(typeof value === 'string' ? value : NaN);
  if (Number.isNaN(date.getTime())) throw new TypeError('Instant must be an ISO 8601 date and time.');
  return date;
}

/** Parses to a Date, so that parsing a value twice fails. */
const Instant = new GraphQLScalarType<Date, string>({
  name: 'Instant',
  serialize: (value) => (value as Date).toISOString(),
  parseValue: toDate,
  parseLiteral: (node) => toDate(node.kind === Kind.STRING ? node.value : undefined),
});

/** Internal values differ from the names, so that coercing a value twice fails. */
const Mood = new GraphQLEnumType({ name: 'Mood', values: { CALM: { value: 10 }, WILD: { value: 20 } } });

const NoteInput: GraphQLInputObjectType = new GraphQLInputObjectType({
  name: 'NoteInput',
  fields: () => ({
    text: { type: required(GraphQLString) },
    mood: { type: required(Mood), defaultValue: 10 },
    at: { type: Instant },
    tags: { type: new GraphQLList(required(GraphQLString)) },
    parent: { type: NoteInput },
  }),
});

const Node = new GraphQLInterfaceType({
  name: 'Node',
  fields: { id: { type: required(GraphQLID) } },
  resolveType: (value: Note | Author) => value.kind,
});

const NoteType: GraphQLObjectType<Note, TestContext> = new GraphQLObjectType<Note, TestContext>({
  name: 'Note',
  interfaces: [Node],
  fields: () => ({
    id: { type: required(GraphQLID) },
    text: { type: required(GraphQLString) },
    mood: { type: Mood },
    at: { type: Instant },
    author: { type: AuthorType, resolve: async ({ id }) => Promise.resolve(author(id.length)) },
    replies: {
      type: required(new GraphQLList(required(NoteType))),
      args: { first: { type: required(GraphQLInt), defaultValue: 2 } },
      resolve: (_source, args: { first: number }) => Array.from({ length: args.first }, (_, i) => note(i)),
    },
    crash: { type: GraphQLString, resolve: crash },
    missing: { type: required(GraphQLString), resolve: () => null },
    strictReply: { type: required(NoteType), resolve: async () => Promise.resolve(note(7)) },
    wrongMood: { type: Mood, resolve: () => 99 },
  }),
});

const AuthorType: GraphQLObjectType<Author, TestContext> = new GraphQLObjectType<Author, TestContext>({
  name: 'Author',
  interfaces: [Node],
  fields: () => ({
    id: { type: required(GraphQLID) },
    name: { type: required(GraphQLString) },
    notes: { type: required(new GraphQLList(NoteType)), resolve: () => [note(1), null, note(2)] },
  }),
});

const SearchHit = new GraphQLUnionType({
  name: 'SearchHit',
  types: [NoteType, AuthorType],
  resolveType: (value: Note | Author) => value.kind,
});

class Latch {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

export interface TestSchema {
  readonly schema: GraphQLSchema;
  /** Arguments of each execution of the mutation `write`. */
  readonly writes: string[];
  /** Completes the query `wait`. */
  readonly release: () => void;
  /** Resolves when the query `wait` has started. */
  readonly waiting: Promise<void>;
}

/** Creates a schema with every kind of type, and with its own list of writes. */
export function createTestSchema(): TestSchema {
  const writes: string[] = [];
  const gate = new Latch();
  const started = new Latch();
  // Sorted, because graphql-js and graphql-jit pass the arguments in different orders.
  const echo = (_source: unknown, args: Record<string, unknown>) =>
    JSON.stringify(Object.fromEntries(Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1))));

  const query = new GraphQLObjectType<unknown, TestContext>({
    name: 'Query',
    fields: {
      user: { type: required(GraphQLString), resolve: (_source, _args, context) => context.user },
      echo: {
        type: GraphQLString,
        args: {
          text: { type: GraphQLString },
          count: { type: required(GraphQLInt), defaultValue: 3 },
          flag: { type: GraphQLBoolean },
          mood: { type: Mood },
          at: { type: Instant },
          input: { type: NoteInput },
          numbers: { type: new GraphQLList(required(GraphQLInt)) },
        },
        resolve: echo,
      },
      note: {
        type: NoteType,
        args: { id: { type: required(GraphQLID) } },
        resolve: (_source, args: { id: string }) => ({ ...note(4), id: args.id }),
      },
      notes: { type: required(new GraphQLList(required(NoteType))), resolve: () => [note(1), note(2)] },
      search: { type: new GraphQLList(required(SearchHit)), resolve: () => [note(3), author(1)] },
      node: { type: Node, resolve: async () => Promise.resolve(author(2)) },
      reject: {
        type: GraphQLString,
        resolve: () => Promise.reject(BellwetherError.badInput('country', 'No such country.')),
      },
      unavailable: {
        type: GraphQLString,
        resolve: () => Promise.reject(BellwetherError.unavailable('Try again soon.', 250)),
      },
      crash: { type: GraphQLString, resolve: async () => Promise.resolve().then(crash) },
      strictCrash: { type: required(GraphQLString), resolve: crash },
      wait: {
        type: GraphQLString,
        resolve: async () => {
          started.open();
          await gate.opened;
          return 'done';
        },
      },
    },
  });

  const mutation = new GraphQLObjectType<unknown, TestContext>({
    name: 'Mutation',
    fields: {
      write: {
        type: required(GraphQLString),
        args: { text: { type: required(GraphQLString) }, thenCrash: { type: GraphQLBoolean } },
        resolve: async (_source, args: { text: string; thenCrash?: boolean | null }) => {
          writes.push(args.text);
          await Promise.resolve();
          return args.thenCrash === true ? crash() : args.text;
        },
      },
    },
  });

  return {
    schema: new GraphQLSchema({ query, mutation, types: [NoteType, AuthorType] }),
    writes,
    release: () => gate.open(),
    waiting: started.opened,
  };
}
