import { createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/lib/errors.js';
import { googleToken } from '../../../src/outbox/sinks/google-token.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

let folder: string;
const keyFile = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-key-'));
  const client_email = 'gateway@my-project.iam.gserviceaccount.com';
  const key = { type: 'service_account', client_email, private_key: privateKey, private_key_id: 'key-1' };
  await writeFile(keyFile('key.json'), JSON.stringify(key));
  await writeFile(keyFile('user.json'), JSON.stringify({ type: 'authorized_user', refresh_token: 'hush' }));
  await writeFile(keyFile('truncated.json'), '{"private_key":"hush');
});

afterAll(() => rm(folder, { recursive: true }));

describe('Google token', () => {
  it('is signed by the service account for inserting into BigQuery, without a network request', async () => {
    const [header = '', payload = '', signature = ''] = (
      await googleToken(keyFile('key.json'))({ fresh: false })
    ).split('.');
    const verify = createVerify('RSA-SHA256').update(`${header}.${payload}`);
    expect(verify.verify(publicKey, signature, 'base64url')).toBe(true);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ kid: 'key-1' });
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      iss: 'gateway@my-project.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/bigquery.insertdata',
    });
  });

  it.each([
    ['missing.json', 'there is no such file'],
    ['truncated.json', 'it is not JSON'],
    ['user.json', 'is not the key of a service account'],
  ])('throws an operator error that does not quote the key: %s', (name, sentence) => {
    const open = () => googleToken(keyFile(name));
    expect(open).toThrow(OperatorError);
    expect(open).toThrow(sentence);
    expect(open).not.toThrow('hush');
  });
});
