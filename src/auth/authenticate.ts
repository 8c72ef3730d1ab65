import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import type { ApiKeys } from './api-keys.js';
import type { Tokens } from './tokens.js';
import { ANONYMOUS_VIEWER, OPEN_VIEWER, type Viewer } from './viewer.js';

/** Credentials as a caller sent them, in the form of HTTP headers. */
export interface Credentials {
  /** `Bearer` and a token. Those of another scheme, such as Basic, are for a proxy and ignored. */
  readonly authorization: string | undefined;
  /** The API key. */
  readonly apiKey: string | undefined;
}

const BEARER = /^bearer */i;
const OTHER_SCHEME = /^(?!bearer )[a-z][\w-]* /i;

/** Determines the viewer of each request and connection. */
export class Authentication {
  constructor(
    private readonly deps: {
      /** Undefined: no tokens are accepted. */
      readonly tokens: Pick<Tokens, 'find'> | undefined;
      readonly apiKeys: Pick<ApiKeys, 'exist' | 'find' | 'isActive'>;
      /** Whether the gateway is open until an API key is created. Only for a loopback address outside production. */
      readonly openWithoutKeys: boolean;
      readonly clock: Clock;
    },
  ) {}

  /** Whether every caller may do everything: development mode. */
  get isOpen(): boolean {
    return this.deps.openWithoutKeys && !this.deps.apiKeys.exist;
  }

  /**
   * Returns the viewer of these credentials; synchronous unless a token is verified for the first time.
   *
   * @throws {BellwetherError} UNAUTHENTICATED for invalid credentials, with the same message whatever is wrong.
   */
  viewerOf({ authorization, apiKey }: Credentials): Viewer | Promise<Viewer> {
    if (this.isOpen) return OPEN_VIEWER;
    const isIgnored = authorization === undefined || OTHER_SCHEME.test(authorization);
    const token = isIgnored ? undefined : authorization.replace(BEARER, '');
    if (apiKey === undefined) {
      if (token === undefined) return ANONYMOUS_VIEWER;
      const found = this.deps.tokens?.find(token);
      return found instanceof Promise ? found.then(orUnauthenticated) : orUnauthenticated(found);
    }
    return orUnauthenticated(token === undefined ? this.deps.apiKeys.find(apiKey) : undefined);
  }

  /** Whether the viewer of an open connection is still valid: its token has not expired, or its key is not revoked. */
  isValid(viewer: Viewer): boolean {
    if (viewer.role === 'OPEN') return this.isOpen;
    if (viewer.role === 'ANONYMOUS') return true;
    const { expiresAtMs } = viewer;
    if (expiresAtMs !== null) return this.deps.clock() < expiresAtMs;
    return viewer.role !== 'CLIENT' && this.deps.apiKeys.isActive(viewer.id);
  }
}

function orUnauthenticated(viewer: Viewer | undefined): Viewer {
  if (viewer !== undefined) return viewer;
  throw BellwetherError.unauthenticated(
    'The credentials are invalid or have expired. Send a valid token as "Authorization: Bearer …", or a valid API key as "X-API-Key".',
  );
}
