import { readdir, readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';

/** `GET <prefix><name>.svg` serves the SVG files of a folder from memory. */
export async function registerImages(app: FastifyInstance, prefix: string, folder: URL): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.svg'));
  for (const name of names) {
    const image = await readFile(new URL(name, folder));
    app.get(`${prefix}${name}`, (_request, reply) =>
      reply.type('image/svg+xml').header('cache-control', 'public, max-age=86400').send(image),
    );
  }
}
