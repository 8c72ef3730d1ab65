import type { WebSocket, WebSocketServer } from 'ws';

/**
 * Pings every client again and again, and cuts off whoever said nothing since the last ping: a peer that is gone without
 * a word would else be written to for ever.
 *
 * @returns a function that ends it.
 */
export function keepAlive(sockets: WebSocketServer, everyMs: number): () => void {
  const silent = new WeakSet<WebSocket>();
  sockets.on('connection', (socket) => {
    const heard = (): void => void silent.delete(socket);
    socket.on('pong', heard).on('message', heard);
  });
  const timer = setInterval(() => {
    for (const socket of sockets.clients) {
      if (silent.has(socket)) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.ping();
    }
  }, everyMs).unref();
  return () => clearInterval(timer);
}
