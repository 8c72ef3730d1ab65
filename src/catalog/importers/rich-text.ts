/**
 * The plain text of a description that is text already or a rich-text document (a tree of nodes with
 * `type`, `text` and `content`), one line a paragraph; undefined when there is none.
 */
export function richText(description: unknown): string | undefined {
  const text = typeof description === 'string' ? description : blockLines(description).join('\n');
  return text.trim() || undefined;
}

function blockLines(node: unknown): string[] {
  const children = childrenOf(node);
  if (children.some(isInline)) return [children.map(inlineText).join('')];
  return children.flatMap(blockLines).filter((line) => line.trim() !== '');
}

function inlineText(node: unknown): string {
  if (typeof node !== 'object' || node === null) return '';
  if ('type' in node && node.type === 'hardBreak') return '\n';
  if ('text' in node && typeof node.text === 'string') return node.text;
  return blockLines(node).join(' ');
}

function isInline(node: unknown): boolean {
  return typeof node === 'object' && node !== null && ('text' in node || !('content' in node));
}

function childrenOf(node: unknown): readonly unknown[] {
  if (typeof node !== 'object' || node === null || !('content' in node)) return [];
  return Array.isArray(node.content) ? node.content : [];
}
