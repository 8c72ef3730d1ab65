import { afterAll, beforeAll, describe } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';
import { auditSuite } from './audit-suite.js';

describe('GraphQL over HTTP with the gateway', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  auditSuite(() => `${gateway.url}/graphql`);
});
