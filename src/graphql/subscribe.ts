import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';

/**
 * Subscribes, and runs the selection on each event in a context of its own: in one that lasted as long as the
 * subscription, what the loaders once read would be answered for ever.
 *
 * @returns the answers, or why there are none.
 */
export async function subscribe(
  args: ExecutionArgs,
  contextOfEvent: () => unknown,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const events = await createSourceEventStream({ ...args, contextValue: contextOfEvent() });
  if (!(Symbol.asyncIterator in events)) return events;

  const source = events[Symbol.asyncIterator]();
  // Not a generator, whose return() would wait for the next event.
  const answers: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      const event = await source.next();
      if (event.done === true) return { done: true, value: undefined };
      try {
        const answer = await execute({ ...args, rootValue: event.value, contextValue: contextOfEvent() });
        return { done: false, value: answer };
      } catch (error) {
        await source.return?.();
        throw error;
      }
    },
    return: async () => {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => answers,
  };
  return answers;
}
