import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import Negotiator from 'negotiator';
import { readOperation } from '../graphql/packaged-operations.js';

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

export interface ExampleQuery {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Page {
  readonly gzipped: Buffer;
  readonly etag: string;
  readonly contentSecurityPolicy: string;
}

/**
 * `GET /graphiql` serves GraphiQL as one self-contained page, which works without a CDN, with one tab per example. The
 * page is built on the first request and kept compressed.
 */
export function registerGraphiQL(app: FastifyInstance, examples: readonly ExampleQuery[]): void {
  let page: Promise<Page> | undefined;

  app.get('/graphiql', async (request, reply) => {
    page ??= renderPage(examples);
    const { gzipped, etag, contentSecurityPolicy } = await page;
    reply
      .header('etag', etag)
      .header('cache-control', 'no-cache')
      .header('vary', 'accept-encoding')
      .header('content-security-policy', contentSecurityPolicy)
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer');
    if (request.headers['if-none-match']?.includes(etag) === true) return reply.code(304).send();

    reply.type('text/html; charset=utf-8');
    const acceptsGzip = new Negotiator(request).encoding(['gzip', 'identity']) === 'gzip';
    return acceptsGzip
      ? reply.header('content-encoding', 'gzip').send(gzipped)
      : reply.send(await gunzipAsync(gzipped));
  });

  app.get('/', (_request, reply) => reply.redirect('/graphiql'));
}

async function renderPage(examples: readonly ExampleQuery[]): Promise<Page> {
  // Imported on demand: the module is 9 MB of source.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const tabs = examples.map(({ query, variables }) => ({
    query,
    variables: JSON.stringify(variables, null, 2),
  }));
  const page = renderGraphiQL({
    title: 'Bellwether',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    // An API key entered as a header must not stay in the browser.
    shouldPersistHeaders: false,
    ...(tabs.length === 0 ? {} : { defaultTabs: tabs }),
    // GraphiQL reads the variables of the first tab only from this option.
    ...(tabs[0] === undefined ? {} : { variables: tabs[0].variables }),
  });
  const html = correctGraphiQL(page);
  const gzipped = await gzipAsync(html);
  return {
    gzipped,
    etag: `"${createHash('sha256').update(gzipped).digest('base64url')}"`,
    contentSecurityPolicy: contentSecurityPolicy(html),
  };
}

/** Allows the scripts of this page, their workers and styles, and requests to this server. */
function contentSecurityPolicy(html: string): string {
  const scripts = Array.from(html.matchAll(/<script>(.*?)<\/script>/gs), ([, source]) => source ?? '');
  const hashes = scripts.map((source) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`);
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')} blob:`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * GraphiQL does not end the animation that moves each tab when fonts load. The tab is then painted at one position and
 * measured at another, and a click counts as a drag.
 */
const TAB_STYLE = '<style>.graphiql-tab { transform: none !important; }</style>';

/** Replacements in the page of `@graphql-yoga/render-graphiql`, which has no option for any of these. */
const CORRECTIONS: readonly (readonly [text: string, replacement: string])[] = [
  ['</head>', `${TAB_STYLE}</head>`],
  // The language service accepts only strings, numbers and booleans for a custom scalar.
  [
    String.raw`definition.type = [\"string\", \"number\", \"boolean\", \"integer\"];`,
    String.raw`definition.type = [\"string\", \"number\", \"boolean\", \"integer\", \"object\", \"array\"];`,
  ],
  // The language service requires a value for a variable of a non-null type even if the variable has a default.
  [
    'for (const { variable, type: type2 } of variableDefinitions) {',
    "for (const { variable, type: declared, defaultValue } of variableDefinitions) { const type2 = defaultValue && declared.kind === 'NonNullType' ? declared.type : declared;",
  ],
];

/** Corrects two defects of GraphiQL in its page: tabs that ignore clicks, and error markers on valid variables. */
function correctGraphiQL(html: string): string {
  return CORRECTIONS.reduce((page, [text, replacement]) => page.replace(text, () => replacement), html);
}

/** Documents of `schema/operations` that GraphiQL opens with, and variables that match the sample data. */
const EXAMPLES: readonly (readonly [document: string, variables: ExampleQuery['variables']])[] = [
  ['feed', { userKey: 'sample-politics-001', country: 'IL' }],
  [
    'track-interaction',
    {
      input: {
        userKey: 'sample-politics-001',
        marketId: 'tel-aviv-derby-winner',
        eventType: 'PARTICIPATE',
        dwellMs: 42000,
      },
    },
  ],
  [
    'staff/simulate-feed',
    {
      userKey: 'sample-politics-001',
      config: { feed: { quotas: { PERSONAL: 1, TRENDING: 0, LOCAL: 0, RISING: 0, EXPLORATION: 0 } } },
    },
  ],
  ['user-profile', { userKey: 'sample-politics-001' }],
  ['trending', { country: 'IL', limit: 10 }],
  ['rising', { limit: 10 }],
  ['market-history', { id: 'tel-aviv-derby-winner' }],
  ['markets-moved', { marketIds: ['tel-aviv-derby-winner'] }],
  ['feed-changed', { userKey: 'sample-politics-001' }],
  ['staff/jobs', {}],
  ['markets', { filter: { categories: ['Science'], statuses: ['OPEN'] }, first: 5 }],
];

/** Reads the example queries of GraphiQL. */
export function exampleQueries(): Promise<ExampleQuery[]> {
  return Promise.all(
    EXAMPLES.map(async ([document, variables]) => ({ query: await readOperation(document), variables })),
  );
}
