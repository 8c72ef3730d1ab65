/** What a gateway answered. */
export interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/**
 * Asks a gateway.
 *
 * @throws {TypeError} when there is no response; a DOMException named TimeoutError after `timeoutMs`.
 */
export async function graphql(
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  timeoutMs = 10_000,
): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  return (await response.json()) as GraphqlAnswer;
}
