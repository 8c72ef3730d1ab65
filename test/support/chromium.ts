import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const executablePath = (process.env['PATH'] ?? '')
  .split(path.delimiter)
  .map((folder) => path.join(folder, 'chromium'))
  .find((candidate) => existsSync(candidate));

/** Whether `chromium` is on the PATH. */
export const hasChromium = executablePath !== undefined;

/** Starts the Chromium on the PATH in headless mode, without background requests. */
export function startChromium(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('chromium is not on the PATH.');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}
