import type { FormattedExecutionResult } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { CompiledOperation } from './compiled-operations.js';

/** The data of a response that was sent before, as its text. */
class SentData {
  constructor(readonly response: string) {}

  /** For any other serialization than {@link RepeatedResponses.stringify}. */
  toJSON(): unknown {
    return (JSON.parse(this.response) as { data: unknown }).data;
  }
}

/** The text of a response to the callers of a role. */
interface SentText {
  readonly text: string;
  readonly role: string;
  /** All texts of the same operation and root value, by role. */
  readonly siblings: Map<string, SentText>;
}

/** Bound of all texts together. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Memory of a text without its characters. */
const BASE_BYTES = 300;

/**
 * Texts of responses, so that those that repeat are neither executed nor serialized again. A root value that is the same
 * object has the same response, for each operation and role; a feed is the same object until one of its inputs changes.
 */
export class RepeatedResponses {
  readonly #texts = new WeakMap<CompiledOperation, WeakMap<object, Map<string, SentText>>>();
  readonly #recent = new LRUCache<SentText, true>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_, { text }) => BASE_BYTES + bytesOf(text),
    dispose: (_, { role, siblings }) => siblings.delete(role),
  });
  /** Where to keep the text of data that is not serialized yet. */
  readonly #awaited = new WeakMap<object, (text: string) => void>();

  /** Returns data in place of those of an earlier response; undefined if there was none. */
  find(operation: CompiledOperation, value: object, role: string): Record<string, unknown> | undefined {
    const sent = this.#texts.get(operation)?.get(value)?.get(role);
    if (sent === undefined) return undefined;
    this.#recent.get(sent);
    // Apollo Server passes data on to plugins and to `stringify`, and reads no field of them.
    return new SentData(sent.text) as unknown as Record<string, unknown>;
  }

  /** Keeps the text of data once they are serialized, as the response to a caller of the role. */
  keep(operation: CompiledOperation, value: object, role: string, data: object): void {
    this.#awaited.set(data, (text) => {
      let ofOperation = this.#texts.get(operation);
      if (ofOperation === undefined) this.#texts.set(operation, (ofOperation = new WeakMap()));
      const siblings = ofOperation.get(value) ?? new Map<string, SentText>();
      ofOperation.set(value, siblings);
      // Of a request that ran at the same time.
      const earlier = siblings.get(role);
      if (earlier !== undefined) this.#recent.delete(earlier);
      const sent = { text, role, siblings };
      siblings.set(role, sent);
      this.#recent.set(sent, true);
    });
  }

  /** Serializes a response. */
  stringify(response: FormattedExecutionResult): string {
    const { data, errors, extensions } = response;
    const hasOnlyData = errors === undefined && extensions === undefined;
    if (data instanceof SentData && hasOnlyData) return data.response;
    const text = JSON.stringify(response);
    if (hasOnlyData && data != null) this.#awaited.get(data)?.(text);
    return text;
  }
}

/** Text of one byte per character takes that in memory, and any other text two. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}
