import { OperatorError } from '../lib/errors.js';

/** A predicate, for behind the name of a setting. */
export const ENCODE =
  'cannot be read: percent-encode special characters in the user name and password (# is %23, @ is %40, / is %2F, ' +
  '? is %3F, % is %25)';

/**
 * Reads the URL of a server, which may hold a password.
 *
 * @throws {OperatorError} with the predicate {@link ENCODE} when it cannot be read as it was meant.
 */
export function readableUrl(text: string): URL {
  // A URL without a host may have a user, for a server at a socket.
  const url = URL.parse(text) ?? URL.parse(text.replace('@/', '@localhost/'));
  if (url === null) throw new OperatorError(ENCODE);
  // Characters that end the host early leave the rest of the password, and the @ after it, further back.
  if (url.hash !== '' || `${url.pathname}${url.search}`.includes('@')) throw new OperatorError(ENCODE);
  return url;
}
