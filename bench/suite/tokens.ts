/** Tokens of users for a gateway with authentication. */
import { createHmac } from 'node:crypto';

const SECRET = 'a secret that only the benchmark uses';
const ISSUER = 'bench';
const AUDIENCE = 'bellwether';
const LIFETIME_S = 3_600;

/** Settings of a gateway that accepts the tokens. */
export const TOKEN_SETTINGS = {
  BELLWETHER_JWT_SECRET: SECRET,
  BELLWETHER_JWT_ISSUER: ISSUER,
  BELLWETHER_JWT_AUDIENCE: AUDIENCE,
};

/** Returns a function that creates a token of a user once, signed by HS256. */
export function userTokens(): (userKey: string) => string {
  const tokens = new Map<string, string>();
  const issuedAtS = Math.floor(Date.now() / 1_000);
  return (userKey) => {
    let token = tokens.get(userKey);
    if (token === undefined) {
      const claims = {
        iss: ISSUER,
        aud: AUDIENCE,
        sub: userKey,
        iat: issuedAtS,
        exp: issuedAtS + LIFETIME_S,
      };
      const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
      token = `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
      tokens.set(userKey, token);
    }
    return token;
  };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
