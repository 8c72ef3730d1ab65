import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Settings } from '../config/settings.js';
import { OperatorError } from '../lib/errors.js';

type Address = Pick<Settings, 'host' | 'port'>;

/**
 * Checks that the gateway can listen, before anything expensive is done.
 *
 * @throws {OperatorError} when the port is in use, or the address is not one of this machine.
 */
export async function requireFreeAddress(address: Address): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(address.port, address.host);
    await once(probe, 'listening');
  } catch (error) {
    throw listenError(error, address);
  }
  probe.close();
  await once(probe, 'close');
}

/** The error of listening, as a sentence for the operator; other errors as they are. */
export function listenError(error: unknown, { host, port }: Address): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  switch (error.code) {
    case 'EADDRINUSE':
      return new OperatorError(
        `Port ${port} of ${host} is in use. Stop what listens there, set PORT to another port, or set PORT=0 to use any free one.`,
      );
    case 'EACCES':
      return new OperatorError(
        `Port ${port} needs more rights than this process has. Choose a port from 1024, such as PORT=4000.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new OperatorError(`HOST=${host} is not an address of this machine. Use HOST=127.0.0.1.`);
    default:
      return error;
  }
}
