import type { z } from 'zod';

/** A page of a list, as GraphQL connections have it. */
export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly nodes: readonly Node[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Returns nodes in order with the cursors of these contents, which are opaque to clients. */
export function toConnection<Node>(
  nodes: readonly Node[],
  cursorContent: (node: Node) => readonly unknown[],
  { hasMore, isFirst }: { readonly hasMore: boolean; readonly isFirst: boolean },
): Connection<Node> {
  const edges = nodes.map((node) => ({ cursor: encodeCursor(cursorContent(node)), node }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: hasMore,
      hasPreviousPage: !isFirst,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function encodeCursor(content: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Returns the content of a cursor; undefined for a text that is none. */
export function cursorContentOf<Content>(cursor: string, schema: z.ZodType<Content>): Content | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
