/** Tokens of users for a gateway with authentication. */
import { SignJWT } from 'jose';
import { userKeyOf } from '../year/keys.ts';

const SECRET = 'a secret that only the benchmark uses';
const ISSUER = 'bench';
const AUDIENCE = 'bellwether';
const LIFETIME = '12 h';

/** Settings of a gateway that accepts the tokens. */
export const TOKEN_SETTINGS = {
  BELLWETHER_JWT_SECRET: SECRET,
  BELLWETHER_JWT_ISSUER: ISSUER,
  BELLWETHER_JWT_AUDIENCE: AUDIENCE,
};

/** Creates a token for each of so many users, by number. */
export function createTokens(users: number): Promise<string[]> {
  const secret = Buffer.from(SECRET);
  return Promise.all(
    Array.from({ length: users }, (_, user) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(userKeyOf(user))
        .setIssuedAt()
        .setExpirationTime(LIFETIME)
        .sign(secret),
    ),
  );
}
