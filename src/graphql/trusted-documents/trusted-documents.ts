import { parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Viewer } from '../../auth/viewer.js';
import type { Settings } from '../../config/settings.js';
import { BellwetherError, OperatorError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { MAX_TOKENS } from '../rules/limits.js';
import { documentIdOf, lookupKey, normalizedText, type DocumentManifest } from './manifest.js';

/** Maximum characters of the remembered documents. */
const MAX_CACHED_CHARACTERS = 1_000_000;

/** Roles whose documents must be trusted. Services and staff hold a key, so they may send any document. */
const RESTRICTED: ReadonlySet<Viewer['role']> = new Set(['ANONYMOUS', 'CLIENT']);

interface Deps {
  readonly mode: Settings['trustedDocuments'];
  readonly logger: Pick<Logger, 'warn'>;
}

/** The documents that the operator trusts. */
export class TrustedDocuments {
  #texts: ReadonlyMap<string, string> = new Map();
  #ids: ReadonlySet<string> = new Set();
  /** Whether a text is trusted. Longer texts than all of these are checked each time. */
  readonly #known = new LRUCache<string, boolean>({
    maxSize: MAX_CACHED_CHARACTERS,
    sizeCalculation: (_isTrusted, text) => text.length + 1,
  });

  constructor(private readonly deps: Deps) {}

  /** Whether clients may send the id of a document instead of its text. */
  get acceptsIds(): boolean {
    return this.deps.mode !== 'off';
  }

  /**
   * Trusts the documents of a manifest instead of those before.
   *
   * @throws {OperatorError} if one of them is not a GraphQL document.
   */
  replace(manifest: DocumentManifest): void {
    const entries = Object.entries(manifest);
    this.#ids = new Set(entries.map(([id, text]) => idOf(text) ?? invalid(id)));
    this.#texts = new Map(entries.map(([id, text]) => [lookupKey(id), text]));
    this.#known.clear();
  }

  /** Returns the text of a trusted document. */
  textOf(id: string): string | undefined {
    return this.#texts.get(lookupKey(id));
  }

  /**
   * Returns the error of a document that a viewer may not send. White space and order do not matter, so a client may send the
   * text of a trusted document instead of its id.
   */
  check({ role }: Viewer, text: string): BellwetherError | undefined {
    const { mode } = this.deps;
    if (mode === 'off' || !RESTRICTED.has(role) || this.#isTrusted(text) || mode === 'log') return undefined;
    return BellwetherError.forbidden(
      undefined,
      'This gateway accepts only trusted documents from clients. Send a document of the manifest, or its id as documentId.',
    );
  }

  /** Logs each document that is not trusted once, while it is remembered. */
  #isTrusted(text: string): boolean {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const documentId = idOf(text);
    const isTrusted = documentId !== undefined && this.#ids.has(documentId);
    this.#known.set(text, isTrusted);
    if (!isTrusted && this.deps.mode === 'log') {
      const operation = OPERATION_NAME.exec(text)?.[1];
      this.deps.logger.warn({ documentId, operation }, 'document is not trusted; enforcing would reject it');
    }
    return isTrusted;
  }
}

const OPERATION_NAME = /\b(?:query|mutation|subscription)\s+(\w{1,100})/;

/** Returns the id of the normalized document; undefined if the text is no document. */
function idOf(text: string): string | undefined {
  try {
    return documentIdOf(normalizedText(parse(text, { maxLexicalTokens: MAX_TOKENS, noLocation: true })));
  } catch {
    return undefined;
  }
}

function invalid(id: string): never {
  throw new OperatorError(
    `The trusted document ${id} is not a GraphQL document of at most ${MAX_TOKENS} tokens.`,
  );
}
