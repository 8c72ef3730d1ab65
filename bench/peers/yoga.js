/** GraphQL Yoga on node:http, with its defaults except for pages and logging. */
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { announce, feed, HOST, typeDefs } from './peer.js';

const schema = createSchema({ typeDefs, resolvers: { Query: { feed: () => feed } } });
const server = createServer(createYoga({ schema, graphiql: false, landingPage: false, logging: false }));
server.listen(0, HOST, () => announce(server.address().port));
