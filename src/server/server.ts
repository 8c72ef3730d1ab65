import { AsyncLocalStorage } from 'node:async_hooks';
import type { Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, {
  LogController,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Authentication } from '../auth/authenticate.js';
import type { Caller } from '../auth/rate-limits/caller.js';
import type { Viewer } from '../auth/viewer.js';
import type { Logger } from '../lib/logger.js';
import { createErrorMapper, type ErrorMapper } from '../graphql/errors.js';
import { accessControl } from '../graphql/plugins/access-control.js';
import { RepeatedResponses } from '../graphql/repeated-responses.js';
import { compiledExecution } from '../graphql/plugins/compiled-execution.js';
import { negotiatedResponse } from '../graphql/plugins/negotiated-response.js';
import { noSubscriptions } from '../graphql/plugins/no-subscriptions.js';
import { operationLimits } from '../graphql/plugins/operation-limits.js';
import { limitRules, MAX_ERRORS, MAX_TOKENS } from '../graphql/rules/limits.js';
import { OperationAccess } from '../graphql/rules/operation-access.js';
import { admission } from './admission.js';
import { callerLimits, type CallerLimits } from './caller-limits.js';
import { registerCompression } from './compression.js';
import { registerCors } from './cors.js';
import { documentIds } from './document-ids.js';
import { registerErrorResponses, sendFrameworkError } from './error-responses.js';
import { registerGraphiQL, type ExampleQuery } from './graphiql.js';
import { registerHealthRoutes, type HealthCheck } from './health.js';
import { registerHostCheck } from './host-header.js';
import { registerDepthCheck, registerJsonBody } from './json-input.js';
import { registerLoopbackOnly } from './loopback-only.js';
import { ReadLimit } from './read-limit.js';
import { registerAuthentication, type ViewerOf } from './request-viewers.js';
import { closeSilentConnections } from './silent-connections.js';
import { isWebSocketUpgrade } from './upgrade-rejection.js';

/** Maximum size of a request body. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Maximum time for receiving a request. */
export const REQUEST_TIMEOUT_MS = 30_000;

export interface HttpServerOptions<TContext extends Caller> {
  readonly schema: GraphQLSchema;
  /** Creates the context of the resolvers, once per request. */
  readonly buildContext: (request: FastifyRequest, viewer: Viewer) => TContext | Promise<TContext>;
  readonly authentication: Pick<Authentication, 'isOpen' | 'viewerOf'>;
  readonly logger: Logger;
  /** In production, or with authentication, error messages contain no suggestions of schema names. */
  readonly production: boolean;
  readonly limits: CallerLimits;
  /** Origins whose pages may call the server. Default none. */
  readonly corsOrigins?: readonly string[];
  /** Checks of `/readyz`, by name. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** Creates the id of a request without a well-formed `x-request-id`. */
  readonly newRequestId: () => string;
  /** Limits the reads in progress. Default: by the processor time of a read. */
  readonly reads?: Pick<ReadLimit, 'tryBegin' | 'end'>;
  /** Queries of the initial tabs of GraphiQL. */
  readonly exampleQueries?: readonly ExampleQuery[];
  /** Further Apollo plugins. None may have `willResolveField`, which slows down every field. */
  readonly plugins?: readonly ApolloServerPlugin<TContext>[];
}

export interface HttpServer {
  /** Not listening yet. `close()` stops accepting requests, completes those in flight, and then resolves. */
  readonly app: FastifyInstance;
  /** Makes `/readyz` return 503, so that a load balancer removes this replica before `app.close()`. */
  readonly beginDrain: () => void;
  /** Formats an error for the client; for subscriptions. */
  readonly mapError: ErrorMapper;
  /** Returns the viewer of a request; for further routes. */
  readonly viewerOf: ViewerOf;
}

/** Creates the HTTP server: GraphQL at `/graphql`, GraphiQL, and the health routes. */
export async function createHttpServer<TContext extends Caller>(
  options: HttpServerOptions<TContext>,
): Promise<HttpServer> {
  const { logger, newRequestId, authentication, limits } = options;
  const showSuggestions = !options.production && authentication.isOpen;
  const requestIds = new AsyncLocalStorage<string>();
  const mapError = createErrorMapper({
    logger,
    correlationId: () => requestIds.getStore() ?? newRequestId(),
    showSuggestions,
  });
  const apollo = createApolloServer(options, mapError, showSuggestions);
  await apollo.start();

  let draining = false;
  const app = createFastify(options, mapError);
  await registerCompression(app);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  registerLoopbackOnly(app, authentication);
  registerHostCheck(app);
  await registerCors(app, options.corsOrigins ?? []);
  const viewerOf = registerAuthentication(app, { authentication, limits });
  registerDepthCheck(app);
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // Otherwise close() would wait for keep-alive connections that were busy when it began.
    if (draining) reply.header('connection', 'close');
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    request.log.debug(
      {
        method: request.method,
        // Not the URL, because its query can contain personal data.
        route: request.routeOptions.url,
        status: reply.statusCode,
        durationMs: reply.elapsedTime,
      },
      'request completed',
    );
    done();
  });
  app.addHook('preClose', (done) => {
    draining = true;
    done();
  });
  closeSilentConnections(app);
  app.addHook('onClose', () => apollo.stop());

  const handleGraphQL = fastifyApolloHandler(apollo, {
    context: async (request: FastifyRequest) => options.buildContext(request, viewerOf(request)),
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    exposeHeadRoute: false,
    preHandler: [
      documentIds(limits.documents, mapError),
      callerLimits({ ...limits, viewerOf }),
      admission(options.reads ?? new ReadLimit()),
    ],
    handler(request, reply) {
      return requestIds.run(request.id, () => handleGraphQL.call(this, request, reply));
    },
  });
  registerHealthRoutes(app, { checks: options.checks, isDraining: () => draining, logger });
  registerGraphiQL(app, options.exampleQueries ?? []);
  registerErrorResponses(app, mapError);

  return {
    app,
    mapError,
    viewerOf,
    beginDrain: () => {
      draining = true;
    },
  };
}

function createApolloServer<TContext extends Caller>(
  options: HttpServerOptions<TContext>,
  mapError: ErrorMapper,
  showSuggestions: boolean,
): ApolloServer<TContext> {
  const { schema, logger, production, limits, plugins = [] } = options;
  const responses = new RepeatedResponses();
  return new ApolloServer<TContext>({
    schema,
    logger,
    introspection: true,
    nodeEnv: production ? 'production' : 'development',
    formatError: (_formatted, error) => mapError(error),
    // The default appends a newline, for which it copies the response.
    stringifyResult: (value) => responses.stringify(value),
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !showSuggestions,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    validationRules: [...limitRules],
    validationOptions: { maxErrors: MAX_ERRORS },
    executionOptions: { maxCoercionErrors: MAX_ERRORS },
    plugins: [
      ...plugins,
      accessControl<TContext>(new OperationAccess(schema)),
      operationLimits<TContext>(schema, limits.rates),
      compiledExecution<TContext>(schema, mapError, responses),
      negotiatedResponse<TContext>(),
      noSubscriptions<TContext>(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

function createFastify<TContext extends Caller>(
  { logger, newRequestId }: HttpServerOptions<TContext>,
  mapError: ErrorMapper,
): FastifyInstance {
  const options: FastifyHttpOptions<Server> = {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    // A request to upgrade to another protocol, such as h2c, is ignored and served over HTTP/1.1.
    http: { shouldUpgradeCallback: ({ headers }) => isWebSocketUpgrade(headers) },
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : newRequestId();
    },
    frameworkErrors: (error, request, reply) => {
      void sendFrameworkError(error, request, reply, mapError);
    },
  };
  const app = Fastify(options);
  app.removeContentTypeParser('text/plain');
  registerJsonBody(app);
  return app;
}
