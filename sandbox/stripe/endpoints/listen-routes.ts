import type { Router } from '@koa/router';
import { z } from 'zod';
import { apiCall } from '../http/api-call.ts';
import { parameters } from '../http/parameters.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

const listenSchema = z.looseObject({ websocket_features: z.array(z.string()).default(['webhooks']) });

/** `stripe listen` */
export function listenRoutes(router: Router, sandbox: StripeSandbox): void {
  const { listeners, settings } = sandbox;
  router.post(
    '/v1/stripecli/sessions',
    apiCall(sandbox, 'hooks', ({ form }) => {
      const { websocket_features: features } = parameters(listenSchema, form);
      return listeners.open(features, sandbox.publicUrl, settings.apiVersion);
    }),
  );
}
