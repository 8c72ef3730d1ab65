import { readFileSync } from 'node:fs';
import { GoogleAuth, JWT } from 'google-auth-library';
import { z } from 'zod';
import { fileErrorReason } from '../../config/file-error.js';
import { OperatorError } from '../../lib/errors.js';

/** Returns a bearer token; with `fresh`, a new one. */
export type Token = (options: { readonly fresh: boolean }) => Promise<string>;

const SCOPES = ['https://www.googleapis.com/auth/bigquery.insertdata'];

const keySchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
});

/**
 * Creates tokens for inserting into BigQuery, signed with the key of a service account. Without a key file, they come
 * from the application default credentials.
 *
 * @throws {OperatorError} when the file is not the key of a service account.
 */
export function googleToken(keyFile: string | undefined): Token {
  const login = keyFile === undefined ? defaultCredentials : serviceAccount(keyFile);
  let client = login();
  return async ({ fresh }) => {
    if (fresh) client = login();
    const authorization = (await client.getRequestHeaders()).get('authorization');
    if (authorization === null) throw new Error('Google returned no token.');
    return authorization.replace(/^Bearer /, '');
  };
}

interface Client {
  getRequestHeaders(): Promise<Headers>;
}

function defaultCredentials(): Client {
  return new GoogleAuth({ scopes: SCOPES });
}

function serviceAccount(keyFile: string): () => Client {
  const { client_email, private_key, private_key_id } = readKey(keyFile);
  return () => {
    const client = new JWT({
      email: client_email,
      key: private_key,
      scopes: SCOPES,
      ...(private_key_id === undefined ? {} : { keyId: private_key_id }),
    });
    // Google accepts tokens that the account signs itself, so no request for a token is necessary.
    client.useJWTAccessWithScope = true;
    return client;
  };
}

function readKey(keyFile: string): z.output<typeof keySchema> {
  let key: unknown;
  try {
    key = JSON.parse(readFileSync(keyFile, 'utf8'));
  } catch (error) {
    // The message of JSON.parse may quote the file, which contains the private key.
    const detail = error instanceof SyntaxError ? 'it is not JSON' : fileErrorReason(error);
    throw new OperatorError(`The key file ${keyFile} cannot be read: ${detail}.`);
  }
  const parsed = keySchema.safeParse(key);
  if (!parsed.success) {
    throw new OperatorError(`The key file ${keyFile} is not the key of a service account.`);
  }
  return parsed.data;
}
