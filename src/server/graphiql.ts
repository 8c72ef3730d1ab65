import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import Negotiator from 'negotiator';
import { correctGraphiQL } from './graphiql-corrections.js';

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

export interface ExampleQuery {
  /** Shown as a comment above the query; the tab itself is named after the operation. */
  readonly title?: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

interface Page {
  readonly gzipped: Buffer;
  readonly etag: string;
  readonly contentSecurityPolicy: string;
}

/**
 * `GET /graphiql` serves GraphiQL, complete in one page of its own so that it works with no network, with
 * the examples in its tabs. The page is built when it is first asked for and kept compressed.
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
  // Nine megabytes of source, which nobody should wait for who does not open the page.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const tabs = examples.map(({ title, query, variables }) => ({
    query: title === undefined ? query : `# ${title}\n${query}`,
    variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
  }));
  const page = renderGraphiQL({
    title: 'Bellwether',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    // A key typed into the headers is not to stay in the browser.
    shouldPersistHeaders: false,
    ...(tabs.length === 0 ? {} : { defaultTabs: tabs }),
    // The first tab's variables are taken from here alone.
    ...(tabs[0]?.variables == null ? {} : { variables: tabs[0].variables }),
  });
  const html = correctGraphiQL(page);
  const gzipped = await gzipAsync(html);
  return {
    gzipped,
    etag: `"${createHash('sha256').update(gzipped).digest('base64url')}"`,
    contentSecurityPolicy: contentSecurityPolicy(html),
  };
}

/** Allows the scripts of this very page, the workers and styles that they make, and our own endpoint. */
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
