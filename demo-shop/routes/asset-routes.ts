import { Router } from '@koa/router';

/** The shop's few static files, by path. They live in the code, so that nothing needs copying at build. */
export function assetRoutes(files: Readonly<Record<string, string>>): Router {
  const router = new Router();
  for (const [path, text] of Object.entries(files)) {
    router.get(path, (ctx) => {
      ctx.type = path.endsWith('.css') ? 'css' : 'js';
      ctx.body = text;
    });
  }
  return router;
}
