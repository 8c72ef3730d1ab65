/**
 * A network in which whole units flow, and the most that can: by augmenting paths (Ford & Fulkerson 1956, "Maximal flow
 * through a network"), each found by depth first. Meant for the small flows of a page.
 */
export class FlowNetwork {
  readonly #to: number[] = [];
  readonly #room: number[] = [];
  readonly #edgesOf: number[][] = [];

  addNode(): number {
    return this.#edgesOf.push([]) - 1;
  }

  /** The name of the edge. */
  addEdge(from: number, to: number, capacity: number): number {
    const edge = this.#to.push(to, from) - 2;
    this.#room.push(capacity, 0);
    this.#edgesOf[from]?.push(edge);
    this.#edgesOf[to]?.push(edge + 1);
    return edge;
  }

  /** Sends up to `amount` units, and tells how many went through. */
  send(source: number, sink: number, amount: number): number {
    let sent = 0;
    while (sent < amount && this.#augment(source, sink, new Set())) sent += 1;
    return sent;
  }

  flowOn(edge: number): number {
    return this.#room[edge ^ 1] ?? 0;
  }

  #augment(node: number, sink: number, seen: Set<number>): boolean {
    if (node === sink) return true;
    seen.add(node);
    for (const edge of this.#edgesOf[node] ?? []) {
      const next = this.#to[edge] as number;
      if ((this.#room[edge] as number) === 0 || seen.has(next) || !this.#augment(next, sink, seen)) continue;
      (this.#room[edge] as number) -= 1;
      (this.#room[edge ^ 1] as number) += 1;
      return true;
    }
    return false;
  }
}
