import { readdir, readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { reject } from './error-responses.js';

/** `GET <prefix>:name` serves the SVG files of a folder from memory. */
export async function registerImages(app: FastifyInstance, prefix: string, folder: URL): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.svg'));
  const images = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, folder))] as const)),
  );
  app.get<{ Params: { name: string } }>(`${prefix}:name`, ({ params }, reply) => {
    const image = images.get(params.name);
    if (image === undefined) return reject(reply, 404);
    return reply.type('image/svg+xml').header('cache-control', 'public, max-age=86400').send(image);
  });
}
