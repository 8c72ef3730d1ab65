import { afterAll, beforeAll, describe } from 'vitest';
import { startTestHttpServer, type TestHttpServer } from '../support/test-http-server.js';
import { auditSuite } from './audit-suite.js';

describe('GraphQL over HTTP with the test schema', () => {
  let server: TestHttpServer;

  beforeAll(async () => {
    server = await startTestHttpServer();
  });
  afterAll(() => server.app.close());

  auditSuite(() => `${server.url}/graphql`);
});
