import type { FormattedExecutionResult } from 'graphql';
import type { CompiledOperation } from './compiled-operations.js';

/** The data of a response that was sent before, as its text. */
class SentData {
  constructor(readonly response: string) {}

  /** For any other serialization than {@link RepeatedResponses.stringify}. */
  toJSON(): unknown {
    return (JSON.parse(this.response) as { data: unknown }).data;
  }
}

type Texts = Map<string, string>;

/**
 * Texts of responses, so that those that repeat are neither executed nor serialized again. A root value that is the same
 * object has the same response, for each operation and role; a feed is the same object until one of its inputs changes.
 * Texts live as long as the root value.
 */
export class RepeatedResponses {
  readonly #texts = new WeakMap<CompiledOperation, WeakMap<object, Texts>>();
  /** Where to keep the text of data that is not serialized yet. */
  readonly #awaited = new WeakMap<object, (text: string) => void>();

  /** Returns data in place of those of an earlier response; undefined if there was none. */
  find(operation: CompiledOperation, value: object, role: string): Record<string, unknown> | undefined {
    const text = this.#texts.get(operation)?.get(value)?.get(role);
    // Apollo Server passes data on to plugins and to `stringify`, and reads no field of them.
    return text === undefined ? undefined : (new SentData(text) as unknown as Record<string, unknown>);
  }

  /** Keeps the text of data once they are serialized, as the response to a caller of the role. */
  keep(operation: CompiledOperation, value: object, role: string, data: object): void {
    this.#awaited.set(data, (text) => {
      let ofOperation = this.#texts.get(operation);
      if (ofOperation === undefined) this.#texts.set(operation, (ofOperation = new WeakMap()));
      const texts = ofOperation.get(value) ?? new Map<string, string>();
      ofOperation.set(value, texts.set(role, text));
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
