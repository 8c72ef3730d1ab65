// A process of its own that uses a bus as the gateway does. Started with `fork`:
//
//   URL     creates a bus, and sends 'connected' when it is; told anything, creates another, tells something,
//           closes both, sends what they left open, and ends when nothing is
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

const [url = ''] = process.argv.slice(2);
const createBus = url.startsWith('redis')
  ? (await import('../../src/bus/redis-bus.js')).createRedisBus
  : (await import('../../src/bus/postgres-bus.js')).createPostgresBus;

function create(origin: string, onConnected: () => void) {
  return createBus({
    url,
    channel: 'bellwether_profiles',
    origin,
    handler: { onInvalidated: () => undefined, onGap: onConnected, onReliabilityChange: () => undefined },
    logger: pino({ level: 'silent' }),
    random: Math.random,
  });
}

const before = process.getActiveResourcesInfo();
const early = create('early', () => process.send?.('connected'));
await once(process, 'message');
const late = create('late', () => undefined);
early.publish(['ada']);
await Promise.all([early.close(), late.close()]);
await new Promise(setImmediate);
const left = process.getActiveResourcesInfo();
process.send?.(left.filter((kind) => !before.includes(kind)));
process.disconnect();
