#!/usr/bin/env node
import { createRequire } from 'node:module';
import satisfies from 'semver/functions/satisfies.js';

const { engines } = createRequire(import.meta.url)('../package.json') as { engines: { node: string } };

if (satisfies(process.version, engines.node, { includePrerelease: true })) {
  // Not a static import, because it can fail on an unsupported Node.
  const { runCommandLine } = await import('./cli/command-line.js');
  process.exitCode = await runCommandLine(process.argv);
} else {
  const version = process.version.slice(1);
  process.stderr.write(
    `bellwether: Node ${version} is not supported (supported: ${engines.node}). Install Node 24, or run "npm start", which uses the Node that npm installs.\n`,
  );
  process.exitCode = 1;
}
