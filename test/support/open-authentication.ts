import type { Authentication } from '../../src/auth/authenticate.js';
import { OPEN_VIEWER } from '../../src/auth/viewer.js';

/** Authentication of a gateway in development mode. */
export const OPEN: Pick<Authentication, 'isOpen' | 'isValid' | 'viewerOf'> = {
  isOpen: true,
  isValid: () => true,
  viewerOf: () => OPEN_VIEWER,
};
