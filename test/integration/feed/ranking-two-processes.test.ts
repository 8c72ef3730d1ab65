import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../support/ranking-process.ts', import.meta.url));

async function feeds(env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program], {
    env: { PATH: process.env['PATH'], ...env },
    maxBuffer: 64 * 1_024 * 1_024,
  });
  return stdout;
}

describe('the same inputs', () => {
  it('give the same feeds to the byte in two processes with different time zones and locales', async () => {
    const [one, other] = await Promise.all([
      feeds({ TZ: 'UTC', LANG: 'en_US.UTF-8' }),
      feeds({ TZ: 'Asia/Jerusalem', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }),
    ]);
    expect(other).toBe(one);

    const lines = one.trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    const [personal, , , impersonal] = lines;
    expect(personal).toMatch(/^([0-9a-f]{16}){200,}$/);
    expect(personal).not.toBe(impersonal);
    expect(lines[1]).toMatch(/"propensity":0\.\d+/);
    expect(lines[1]).not.toBe(lines[4]);
  });
});
