import { afterAll, beforeAll, describe } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';
import { auditSuite } from './audit-suite.js';

describe('the GraphQL endpoint of the gateway passes the GraphQL-over-HTTP audits of graphql-http', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  auditSuite(() => `${gateway.url}/graphql`);
});
