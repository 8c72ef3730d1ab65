// A process of its own that uses the database code as the gateway does. Started by child-process tests with `fork`:
//
//   serve DATA_DIR            starts or joins the embedded server, sends { url, freshlyCreated }, and leaves it when
//                             it receives a message
//   migrate URL FOLDER        waits until it receives a message, applies the migrations, and sends { applied }
import { once } from 'node:events';
import { registerHooks } from 'node:module';
import { pino } from 'pino';

// Node itself strips the types of src; this finds x.ts where x.js is imported.
registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const isSource = specifier.startsWith('.') && context.parentURL?.includes('/node_modules/') !== true;
    return nextResolve(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});

const logger = pino({ level: 'silent' });
const [task, target = '', folder = ''] = process.argv.slice(2);

if (task === 'serve') {
  const { startEmbeddedServer } = await import('../../src/embedded-postgres/embedded-server.js');
  const server = await startEmbeddedServer({ dataDir: target, logger });
  process.send?.({ url: server.url, freshlyCreated: server.freshlyCreated });
  await once(process, 'message');
  await server.close();
} else {
  const { applyMigrations } = await import('../../src/storage/database/migrations.js');
  process.send?.('ready');
  await once(process, 'message');
  process.send?.({ applied: await applyMigrations(target, { logger, folder: new URL(folder) }) });
}
process.disconnect();
