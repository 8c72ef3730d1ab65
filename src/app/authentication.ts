import { ApiKeys } from '../auth/api-keys.js';
import { Authentication } from '../auth/authenticate.js';
import { isOpenWithoutKeys } from '../auth/open-access.js';
import { SigningKeys } from '../auth/signing-keys.js';
import { Tokens } from '../auth/tokens.js';
import type { JwtSettings, Settings } from '../config/settings.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { Store } from '../storage/store.js';

/** Creates the authentication of a process. The API keys must be refreshed before the first request, and then regularly. */
export function createAuthentication(deps: {
  readonly settings: Settings;
  readonly store: Pick<Store, 'apiKeys'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): { readonly authentication: Authentication; readonly apiKeys: ApiKeys } {
  const { settings, store, clock, logger } = deps;
  const apiKeys = new ApiKeys(store.apiKeys);
  const tokens = settings.jwt && createTokens(settings.jwt, clock, logger);
  return {
    apiKeys,
    authentication: new Authentication({
      ...{ tokens, apiKeys, clock },
      openWithoutKeys: isOpenWithoutKeys(settings),
    }),
  };
}

function createTokens(settings: JwtSettings, clock: Clock, logger: Logger): Tokens {
  const key =
    'secret' in settings.key
      ? Buffer.from(settings.key.secret)
      : new SigningKeys({ url: settings.key.jwksUrl, clock, fetch, logger }).find;
  return new Tokens({ settings, key, clock, logger });
}
