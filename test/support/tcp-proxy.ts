import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** TCP proxy that can interrupt its connections. */
export interface TcpProxy {
  readonly port: number;
  /** Closes all connections and rejects new ones, like a stopped server. */
  cut(): Promise<void>;
  /** Cuts after this many further client messages; their responses do not arrive. */
  cutAfter(messages: number): void;
  /** Delivers the next message that contains `text`, and then drops all responses on its connection. */
  dropAnswersTo(text: string): void;
  /** Stops forwarding without closing connections, like a lost network. */
  freeze(): void;
  /** Forwards again, buffered data first. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of the loopback interface. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let messagesLeft = Infinity;
  let unanswered: string | undefined;

  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk) => to.write(chunk));
    from.on('end', () => to.end());
    // Closing one side closes the other, so an error needs no handling of its own.
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (frozen) from.pause();
  };
  const server: Server = createServer((client) => {
    const upstream = connect(target);
    join(client, upstream);
    join(upstream, client);
    client.on('data', (chunk) => {
      if (--messagesLeft <= 0) void cut();
      if (unanswered === undefined || !chunk.includes(unanswered)) return;
      unanswered = undefined;
      upstream.removeAllListeners('data').resume();
    });
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    cut,
    cutAfter: (messages) => {
      messagesLeft = messages;
    },
    dropAnswersTo: (text) => {
      unanswered = text;
    },
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    restore: async () => {
      frozen = false;
      messagesLeft = Infinity;
      for (const socket of sockets) socket.resume();
      if (!server.listening) await listen(port);
    },
    close: cut,
  };
}
