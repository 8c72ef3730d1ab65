import { serverAudits } from 'graphql-http';
import { expect, test } from 'vitest';

/**
 * Declares one test per server audit of graphql-http.
 *
 * @param getUrl returns the URL of the GraphQL endpoint; called when the tests run.
 */
export function auditSuite(getUrl: () => string): void {
  const audits = serverAudits({
    url: getUrl,
    fetchFn: (input: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers);
      headers.set('apollo-require-preflight', 'audit');
      return fetch(input, { ...init, headers });
    },
  });

  test('the suite has 61 audits', () => {
    expect(audits).toHaveLength(61);
  });

  test.each(audits)('$id: $name', async ({ fn }) => {
    const result = await fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
    if ('response' in result && !result.response.bodyUsed) await result.response.body?.cancel();
  });
}
