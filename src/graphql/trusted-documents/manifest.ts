import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { printExecutableGraphQLDocument } from '@graphql-tools/documents';
import {
  concatAST,
  GraphQLError,
  Kind,
  parse,
  visit,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';
import { z } from 'zod';
import { OperatorError } from '../../lib/errors.js';
import { fragmentsOf } from '../rules/fragments.js';

/** Document texts by id: the format of `persisted-documents.json` of the GraphQL Code Generator. */
export type DocumentManifest = Readonly<Record<string, string>>;

const SHA256 = /^(?:sha256:)?([0-9a-f]{64})$/;

/**
 * Returns a document in the form whose hash is its id: sorted, with single spaces, and without what only clients use. It is the
 * form that the GraphQL Code Generator hashes.
 */
export function normalizedText(document: DocumentNode): string {
  const isForClient = ({
    directives = [],
  }: {
    readonly directives?: readonly { name: { value: string } }[];
  }) => directives.some(({ name }) => name.value === 'client');
  return printExecutableGraphQLDocument(
    visit(document, {
      Field: (node) => (isForClient(node) ? null : undefined),
      FragmentSpread: (node) => (isForClient(node) ? null : undefined),
      InlineFragment: (node) => (isForClient(node) ? null : undefined),
      Directive: ({ name }) => (name.value === 'connection' ? null : undefined),
    }),
  );
}

/** Returns the id of a text, by the appendix "Persisted Documents" of GraphQL over HTTP. */
export function documentIdOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/**
 * Builds the manifest of all operations, each with the fragments that it uses.
 *
 * @param document valid for the schema.
 */
export function buildManifest(document: DocumentNode): DocumentManifest {
  const fragments = fragmentsOf(document);
  return Object.fromEntries(
    document.definitions
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
      .map((operation) => {
        const text = normalizedText({
          kind: Kind.DOCUMENT,
          definitions: [operation, ...usedFragments(operation, fragments)],
        });
        return [documentIdOf(text), text];
      }),
  );
}

function usedFragments(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Set<FragmentDefinitionNode> {
  const used = new Set<FragmentDefinitionNode>();
  const add = (node: DefinitionNode): void => {
    visit(node, {
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value);
        if (fragment === undefined || used.has(fragment)) return;
        used.add(fragment);
        add(fragment);
      },
    });
  };
  add(operation);
  return used;
}

const manifestSchema = z.record(z.string().min(1), z.string().min(1));

/**
 * Parses a manifest file.
 *
 * @param name name of the file in error messages.
 * @throws {OperatorError} if it is no manifest, or if a text does not have the hash that its id states.
 */
export function parseManifest(json: string, name: string): DocumentManifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new OperatorError(`The manifest ${name} is not valid JSON: ${(error as Error).message}.`);
  }
  const { data, success } = manifestSchema.safeParse(parsed);
  if (!success) {
    throw new OperatorError(
      `The manifest ${name} must be a JSON object of document texts by id. "bellwether documents build" writes one.`,
    );
  }
  for (const [id, text] of Object.entries(data)) {
    const hash = SHA256.exec(id)?.[1];
    if (hash !== undefined && documentIdOf(text) !== `sha256:${hash}`) {
      throw new OperatorError(
        `The manifest ${name} has a text that does not match its id ${id}. Build it again.`,
      );
    }
  }
  return data;
}

/** Returns an id as the keys of a lookup: SHA-256 hashes without their prefix. */
export function lookupKey(id: string): string {
  return SHA256.exec(id)?.[1] ?? id;
}

/** Reads the operations and fragments of a folder and its subfolders as one document. */
export async function readDocuments(folder: string | URL): Promise<DocumentNode> {
  const path = typeof folder === 'string' ? folder : fileURLToPath(folder);
  const names = (await readdir(path, { recursive: true })).filter((name) => /\.(graphql|gql)$/.test(name));
  const documents = await Promise.all(
    names.toSorted().map(async (name) => {
      try {
        return parse(await readFile(join(path, name), 'utf8'));
      } catch (error) {
        if (error instanceof GraphQLError) throw new OperatorError(`${join(path, name)}: ${error.message}`);
        throw error;
      }
    }),
  );
  return concatAST(documents);
}

/** Builds the manifest of the operations of the package. */
export async function packagedManifest(): Promise<DocumentManifest> {
  return buildManifest(await readDocuments(new URL('../../../schema/operations/', import.meta.url)));
}
