import type { ApolloClient, ApolloLink } from '@apollo/client';
import type { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import {
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getRequest,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
  type GraphQLResponse,
  type OperationType,
} from 'relay-runtime';
import { WebSocket } from 'ws';
import { importDocsModule } from './docs-code.js';
import { relayRequest } from './relay-request.js';

type Variables = Record<string, unknown>;

/** A client library with a normalized cache. */
export interface CacheClient {
  /** Sends a query and stores its data. */
  readonly query: (document: DocumentNode, variables: Variables) => Promise<unknown>;
  /** Returns the data of a query from the cache alone; null or undefined if the cache lacks a field. */
  readonly cached: (document: DocumentNode, variables: Variables) => unknown;
  readonly mutate: (document: DocumentNode, variables: Variables) => Promise<unknown>;
  /** Shows a query as a component does: requests it when the cache lacks a field. Returns a function that stops. */
  readonly watch: (document: DocumentNode, variables: Variables, show: (data: unknown) => void) => () => void;
  /** Stores every message of a subscription. Returns a function that stops. */
  readonly subscribe: (document: DocumentNode, variables: Variables) => () => void;
  readonly close: () => Promise<void>;
}

interface Connection {
  /** URL of the gateway's GraphQL endpoint, with the scheme http. */
  readonly url: string;
  readonly schema: GraphQLSchema;
}

const GUIDE = 'docs/frontend.md';

const socketTo = (url: string) =>
  createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, lazy: true });

/** Apollo Client with the configuration of the guide, and a WebSocket for subscriptions. */
export async function apolloCacheClient(
  { url }: Connection,
  specifiers: { readonly core: string; readonly subscriptions: string },
): Promise<CacheClient> {
  const core = (await import(specifiers.core)) as { ApolloLink: typeof ApolloLink };
  const guide = (await importDocsModule(GUIDE, 'apollo-client.ts', {
    '@apollo/client': specifiers.core,
  })) as {
    createApolloClient: (uri: string) => ApolloClient;
  };
  const subscriptions = (await import(specifiers.subscriptions)) as {
    GraphQLWsLink: typeof GraphQLWsLink;
  };
  const socket = socketTo(url);
  const client = guide.createApolloClient(url);
  const overHttp = client.link;
  const overSocket = new subscriptions.GraphQLWsLink(socket);
  client.setLink(core.ApolloLink.split(({ query }) => isSubscription(query), overSocket, overHttp));
  return {
    query: async (query, variables) =>
      (await client.query({ query, variables, fetchPolicy: 'network-only' })).data,
    cached: (query, variables) => client.readQuery({ query, variables }),
    mutate: async (mutation, variables) => (await client.mutate({ mutation, variables })).data,
    watch: (query, variables, show) => {
      const watched = client.watchQuery({ query, variables }).subscribe(({ data }) => {
        if (data !== undefined) show(data);
      });
      return () => watched.unsubscribe();
    },
    subscribe: (query, variables) => {
      const messages = client.subscribe({ query, variables }).subscribe({});
      return () => messages.unsubscribe();
    },
    close: async () => {
      client.stop();
      await socket.dispose();
    },
  };
}

/** urql with its normalized cache, configured as in the guide. */
export function urqlCacheClient({ url }: Connection): CacheClient {
  const socket = socketTo(url);
  const client = new Client({
    url,
    preferGetMethod: false,
    exchanges: [
      cacheExchange({ keys: { RankedMarket: () => null } }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe({ query, variables: variables as Variables }, sink as never),
          }),
        }),
      }),
    ],
  });
  const dataOf = async (result: Promise<{ data?: unknown; error?: Error | undefined }>): Promise<unknown> => {
    const { data, error } = await result;
    if (error !== undefined) throw error;
    return data;
  };
  return {
    query: (query, variables) =>
      dataOf(client.query(query, variables, { requestPolicy: 'network-only' }).toPromise()),
    cached: (query, variables): unknown =>
      client.readQuery(query, variables, { requestPolicy: 'cache-only' })?.data,
    mutate: (mutation, variables) => dataOf(client.mutation(mutation, variables).toPromise()),
    watch: (query, variables, show) => {
      const watched = client.query(query, variables).subscribe(({ data }) => {
        if (data !== undefined) show(data);
      });
      return () => watched.unsubscribe();
    },
    subscribe: (query, variables) => {
      const messages = client.subscription(query, variables).subscribe(() => undefined);
      return () => messages.unsubscribe();
    },
    close: async () => socket.dispose(),
  };
}

/** Relay's store, configured as in the guide. */
export async function relayCacheClient({ url, schema }: Connection): Promise<CacheClient> {
  const { getDataID } = (await importDocsModule(GUIDE, 'relay-environment.ts')) as {
    getDataID: (record: Readonly<Record<string, unknown>>, typename: string) => unknown;
  };
  const socket = socketTo(url);
  const network = Network.create(
    async ({ text }, variables) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: text, variables }),
      });
      return (await response.json()) as GraphQLResponse;
    },
    ({ text }, variables) =>
      Observable.create((sink) => socket.subscribe({ query: text ?? '', variables }, sink as never)),
  );
  const store = new Store(new RecordSource(), { gcReleaseBufferSize: 100 });
  const environment = new Environment({ network, store, getDataID: getDataID as never });
  const request = (document: DocumentNode) => relayRequest(schema, document);
  return {
    query: (document, variables) =>
      fetchQuery<OperationType>(environment, request(document), variables).toPromise(),
    cached: (document, variables) => {
      const operation = createOperationDescriptor(getRequest(request(document)), variables);
      return environment.lookup(operation.fragment).data;
    },
    mutate: (document, variables) =>
      new Promise((resolve, reject) => {
        commitMutation(environment, {
          ...{ mutation: request(document), variables, onCompleted: resolve, onError: reject },
        });
      }),
    watch: (document, variables, show) => {
      const operation = createOperationDescriptor(getRequest(request(document)), variables);
      const retained = environment.retain(operation);
      const watched = environment.subscribe(environment.lookup(operation.fragment), ({ data }) => show(data));
      if (environment.check(operation).status === 'available')
        show(environment.lookup(operation.fragment).data);
      else fetchQuery<OperationType>(environment, request(document), variables).subscribe({});
      return () => {
        watched.dispose();
        retained.dispose();
      };
    },
    subscribe: (document, variables) => {
      const messages = requestSubscription(environment, {
        ...{ subscription: request(document), variables },
      });
      return () => messages.dispose();
    },
    close: async () => socket.dispose(),
  };
}

const isSubscription = (document: DocumentNode): boolean => /^\s*subscription\b/.test(print(document));
