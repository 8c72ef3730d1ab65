import type { Authentication } from '../../src/auth/authenticate.js';
import { OPEN_VIEWER } from '../../src/auth/viewer.js';

/** Authentication of a gateway in development mode. */
export const OPEN: Pick<Authentication, 'isOpen' | 'viewerOf'> = {
  isOpen: true,
  viewerOf: () => OPEN_VIEWER,
};
