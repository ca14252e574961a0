import { Router } from '@koa/router';

/** `/openapi.json` and `/docs`. */
export function docsRoutes(_publicUrl: string): Router {
  return new Router();
}
