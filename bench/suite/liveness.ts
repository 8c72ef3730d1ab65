import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';

const EVERY_MS = 50;
const TIMEOUT_MS = 10_000;

/** Measures how long `GET /livez` takes, every 50 ms during some work, over a connection of its own. */
export async function withLiveness<Result>(
  url: string,
  work: () => Promise<Result>,
): Promise<{ result: Result; latenciesMs: number[]; failures: number }> {
  const client = new Client(url, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const latenciesMs: number[] = [];
  const ended = new AbortController();
  let failures = 0;
  const probe = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const sentMs = performance.now();
      try {
        const { statusCode, body } = await client.request({ path: '/livez', method: 'GET' });
        await body.dump();
        if (statusCode === 200) latenciesMs.push(performance.now() - sentMs);
        else failures += 1;
      } catch {
        failures += 1;
      }
      await sleep(EVERY_MS);
    }
  };
  const probing = probe();
  try {
    const result = await work();
    return { result, latenciesMs, failures };
  } finally {
    ended.abort();
    await probing;
    await client.close();
  }
}
