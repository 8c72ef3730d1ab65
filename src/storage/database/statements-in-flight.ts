import { responsiveNow } from '../../lib/responsive-time.js';

/** The statements of a connection pool that the server has not answered yet. */
export class StatementsInFlight {
  /** When each was sent, oldest first, on the clock of {@link responsiveNow}. */
  readonly #sentMs = new Map<Promise<unknown>, number>();

  /** Counts a statement until its result settles. */
  add(result: Promise<unknown>): void {
    this.#sentMs.set(result, responsiveNow());
    const remove = (): void => void this.#sentMs.delete(result);
    result.then(remove, remove);
  }

  /**
   * Whether the server has let a statement wait for `forMs`. Also true without any statement: callers then wait for a
   * connection. False while statements are answered in time, and callers only wait for their turn on a connection.
   */
  isStalled(forMs: number): boolean {
    const [oldestMs] = this.#sentMs.values();
    return oldestMs === undefined || responsiveNow() - oldestMs >= forMs;
  }
}
