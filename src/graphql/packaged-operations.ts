import { readFile } from 'node:fs/promises';

const folder = new URL('../../schema/operations/', import.meta.url);

/** A fragment comes before those that it spreads. */
const FRAGMENTS = ['feed-card', 'market-card'];

/**
 * Reads an operation of the package with the fragments that it uses, ready to be sent.
 *
 * @param name file name in `schema/operations` without its extension, such as `feed` or `staff/jobs`.
 */
export async function readOperation(name: string): Promise<string> {
  const read = (file: string): Promise<string> => readFile(new URL(`${file}.graphql`, folder), 'utf8');
  const fragments = await Promise.all(FRAGMENTS.map((fragment) => read(`fragments/${fragment}`)));
  return fragments.reduce(
    (text, fragment) => (spreads(text, nameOf(fragment)) ? `${text}\n${fragment}` : text),
    await read(name),
  );
}

function nameOf(fragment: string): string {
  return /^fragment (\w+)/m.exec(fragment)?.[1] ?? '';
}

function spreads(document: string, fragmentName: string): boolean {
  return new RegExp(String.raw`\.\.\.${fragmentName}\b`).test(document);
}
