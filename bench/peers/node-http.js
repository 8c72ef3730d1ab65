/** The least that a server can do: parse the request, and JSON.stringify the response. */
import { createServer } from 'node:http';
import { Buffer } from 'node:buffer';
import { announce, feed, HOST } from './peer.js';

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { query } = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof query !== 'string') {
      response.writeHead(400).end();
      return;
    }
    const body = JSON.stringify({ data: { feed } });
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.setHeader('content-length', Buffer.byteLength(body));
    response.end(body);
  });
});
server.listen(0, HOST, () => announce(server.address().port));
