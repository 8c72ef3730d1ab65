import { Agent, request } from 'node:http';

/** What came of requests sent at a steady pace. */
export interface PacedResult {
  /** From when each was due to its whole answer, in milliseconds, sorted. */
  readonly latenciesMs: readonly number[];
  readonly seconds: number;
}

/**
 * Sends requests evenly spaced, whether or not earlier ones are answered, as many users do. One that has to wait for a
 * free connection waits on the clock too. (autocannon sends a second's requests at the second's beginning, which measures
 * bursts.)
 *
 * @param nextBody makes the next body; @param onAnswer is given the number of the request and the answer.
 */
export async function pacedLoad(options: {
  url: URL;
  connections: number;
  /** Requests a second. */
  rate: number;
  seconds: number;
  nextBody: () => string;
  onAnswer: (body: string, number: number) => void;
  /** Called for a request without an answer. Default: the load ends with the error. */
  onFailure?: (error: unknown) => void;
}): Promise<PacedResult> {
  const { url, connections, rate, seconds, nextBody, onAnswer, onFailure } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latenciesMs: number[] = [];
  const total = rate * seconds;
  const start = performance.now();
  const answers: Promise<void>[] = [];
  while (answers.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * rate));
    while (answers.length < due) {
      const number = answers.length;
      const dueAt = start + (number / rate) * 1_000;
      answers.push(
        post(url, agent, nextBody()).then((body) => {
          latenciesMs.push(performance.now() - dueAt);
          onAnswer(body, number);
        }, onFailure),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(answers);
  agent.destroy();
  return { latenciesMs: latenciesMs.sort((a, b) => a - b), seconds: (performance.now() - start) / 1_000 };
}

function post(url: URL, agent: Agent, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve(Buffer.concat(chunks).toString());
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
