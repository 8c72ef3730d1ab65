/** Apollo Server on Fastify with a schema of type-graphql, both with their defaults. */
import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify from 'fastify';
import { buildSchema as parseSchema, isEnumType, isNonNullType, isListType, isObjectType } from 'graphql';
import {
  Arg,
  Field,
  Float,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  buildSchema,
  registerEnumType,
} from 'type-graphql';
import { announce, feed, HOST, typeDefs } from './peer.js';

const SCALARS = { ID, Int, Float, String, Boolean };

/** The classes and enums made so far, by name of the GraphQL type. */
const made = new Map();

/** Declares a type of the gateway's schema, and those that it refers to, as a class with decorators does. */
function declared(type) {
  if (made.has(type.name)) return made.get(type.name);
  if (isEnumType(type)) {
    const values = Object.fromEntries(type.getValues().map(({ name }) => [name, name]));
    registerEnumType(values, { name: type.name });
    made.set(type.name, values);
    return values;
  }
  // The feed holds dates and other own scalars as they are sent.
  if (!isObjectType(type)) return SCALARS[type.name] ?? String;
  const declaredClass = { [type.name]: class {} }[type.name];
  made.set(type.name, declaredClass);
  ObjectType(type.name)(declaredClass);
  for (const field of Object.values(type.getFields())) {
    // The operation uses no field with a resolver of its own.
    if (field.args.length > 0) continue;
    const nullable = !isNonNullType(field.type);
    const inner = nullable ? field.type : field.type.ofType;
    if (isListType(inner)) {
      const item = declared(inner.ofType.ofType ?? inner.ofType);
      Field(() => [item], { nullable })(declaredClass.prototype, field.name);
    } else {
      const item = declared(inner);
      Field(() => item, { nullable })(declaredClass.prototype, field.name);
    }
  }
  return declaredClass;
}

const Feed = declared(parseSchema(typeDefs).getType('Feed'));

class FeedResolver {
  feed() {
    return feed;
  }
}
const { prototype } = FeedResolver;
Arg('userKey', () => String, { nullable: true })(prototype, 'feed', 0);
Arg('country', () => String, { nullable: true })(prototype, 'feed', 1);
Arg('limit', () => Int)(prototype, 'feed', 2);
Query(() => Feed)(prototype, 'feed', Object.getOwnPropertyDescriptor(prototype, 'feed'));
Resolver()(FeedResolver);

const app = Fastify();
const apollo = new ApolloServer({
  schema: await buildSchema({ resolvers: [FeedResolver] }),
  plugins: [fastifyApolloDrainPlugin(app)],
});
await apollo.start();
app.route({ method: 'POST', url: '/graphql', handler: fastifyApolloHandler(apollo) });
await app.listen({ port: 0, host: HOST });
announce(app.server.address().port);
