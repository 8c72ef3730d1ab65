import { Worker } from 'node:worker_threads';
import type { Trained, TrainingInput } from './training.js';

/** Trains a model in a thread of its own, which ends with the training, the signal, or the time limit. */
export type TrainInWorker = (
  input: TrainingInput,
  limits: { readonly signal: AbortSignal; readonly timeLimitMs: number },
) => Promise<Trained>;

/** @param script the compiled module `training-worker`. */
export function trainerOf(script: URL): TrainInWorker {
  return async (input, { signal, timeLimitMs }) => {
    signal.throwIfAborted();
    const moved = [input.users.buffer, input.items.buffer];
    const worker = new Worker(script, {
      workerData: input,
      transferList: moved,
      name: 'collaborative-training',
    });
    const timeLimit = AbortSignal.timeout(timeLimitMs);
    const end = AbortSignal.any([signal, timeLimit]);
    try {
      return await new Promise<Trained>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', (code) => {
          reject(new Error(`The thread of the training ended with code ${code}.`));
        });
        end.addEventListener('abort', () => {
          reject(signal.aborted ? (signal.reason as Error) : tooLong(timeLimitMs));
        });
      });
    } finally {
      await worker.terminate();
    }
  };
}

function tooLong(timeLimitMs: number): Error {
  return new Error(
    `The training took longer than ${timeLimitMs / 60_000} minutes and was aborted. Lower learning.collaborative.maxEngagements, maxUsers or maxMarkets, or raise timeLimitMinutes.`,
  );
}
