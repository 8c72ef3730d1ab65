/** Mercurius on Fastify, with graphql-jit from the first request. */
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { announce, feed, HOST, typeDefs } from './peer.js';

const app = Fastify();
await app.register(mercurius, { schema: typeDefs, resolvers: { Query: { feed: () => feed } }, jit: 1 });
await app.listen({ port: 0, host: HOST });
announce(app.server.address().port);
