import { FlowNetwork } from './flow-network.js';
import type { PageColumns } from './page-input.js';
import { repeatablePlaces, type PageLimits } from './page-limits.js';

/**
 * Rows of `candidates` that fill the places under the category limit within the limits; null when there are none. Exact,
 * also where an event's markets are of several categories, so that taking rows one by one could run into a dead end: a
 * row is a unit that flows from its category, which has so much room, to its event.
 */
export function frontByFlow(
  limits: PageLimits,
  { category, event }: Pick<PageColumns, 'category' | 'event'>,
  candidates: readonly number[],
): number[] | null {
  const network = new FlowNetwork();
  const source = network.addNode();
  const sink = network.addNode();
  const repeats = network.addNode();
  network.addEdge(repeats, sink, repeatablePlaces(limits, 0));
  const categoryNodes = new Map<number, number>();
  const eventNodes = new Map<number, number>();
  const edges = candidates.map((row) => {
    const from = nodeOf(categoryNodes, category[row] as number, (node) => {
      network.addEdge(source, node, limits.perCategory);
    });
    const id = event[row] as number;
    if (id < 0) return network.addEdge(from, sink, 1);
    const to = nodeOf(eventNodes, id, (node) => {
      network.addEdge(node, sink, limits.perEventFirst);
      network.addEdge(node, repeats, limits.perEventPage - limits.perEventFirst);
    });
    return network.addEdge(from, to, 1);
  });
  if (network.send(source, sink, limits.categoryPlaces) < limits.categoryPlaces) return null;
  return candidates.filter((_, i) => network.flowOn(edges[i] as number) > 0);

  function nodeOf(nodes: Map<number, number>, id: number, connect: (node: number) => void): number {
    const known = nodes.get(id);
    if (known !== undefined) return known;
    const node = network.addNode();
    nodes.set(id, node);
    connect(node);
    return node;
  }
}
