import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { aliasUseOf, requiredUser } from '../auth/viewer.js';
import { checkInput } from '../lib/input/check-input.js';
import { EXPORT_COST } from '../graphql/rules/operation-cost.js';
import type { ExportService } from '../privacy/export-service.js';
import { consumePoints, type RouteLimits } from './caller-limits.js';

const exportRequest = z.strictObject({ userKey: z.string('must be text').nullish() }).nullish();

/**
 * `POST /export` with `{ "userKey": … }` returns everything that is stored about a user as a stream of JSON; see
 * {@link ExportService}. POST, so that the key is in no URL and no log of a proxy. A client needs no key: it gets the data of its
 * own user.
 *
 * If the database fails in the middle, the response ends without its last chunk, so that no client takes it for complete.
 */
export function registerExportRoute(
  app: FastifyInstance,
  deps: RouteLimits & { readonly exports: Pick<ExportService, 'export'> },
): void {
  app.post('/export', async (request, reply) => {
    const viewer = await consumePoints(deps, EXPORT_COST, request, reply);
    const body = checkInput(exportRequest, request.body);
    const userKey = requiredUser(viewer, body?.userKey ?? null);
    const parts = await deps.exports.export(userKey, aliasUseOf(viewer));
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-disposition', 'attachment; filename="export.json"')
      .send(Readable.from(parts, { objectMode: false }));
  });
}
