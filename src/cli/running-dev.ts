/** Uses the values that a running `npm start` has chosen (ports, keys) for variables that are not set. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { withDefaults } from '../config/environment.ts';
import { GATEWAYS } from '../gateways/registry.ts';

const url = z.string().nullish().catch(null);
const urls = z.object({
  api: z.string(),
  temporal: url,
  temporalUi: url,
  sandboxes: z.record(z.string(), z.string()).catch({}),
  shop: url,
});
const secrets = z.object({ API_KEYS: z.string(), ORDER_WEBHOOK_SECRETS: z.string() });

/**
 * The environment, completed by the files of a running `npm start` in DATA_DIR; unchanged if there are none.
 */
export function withRunningDev(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const dataDir = env['DATA_DIR'] ?? '.data';
  const running = urls.safeParse(readJson(join(dataDir, 'urls.json')));
  const own = secrets.safeParse(readJson(join(dataDir, 'secrets.json')));
  if (!running.success || !own.success) return env;
  return withDefaults(env, present(chosen(running.data, own.data)));
}

function chosen(
  { api, temporal, temporalUi, sandboxes, shop }: z.infer<typeof urls>,
  own: z.infer<typeof secrets>,
): Record<string, string | null | undefined> {
  const started = GATEWAYS.filter(({ id }) => sandboxes[id] !== undefined);
  return {
    ...own,
    PUBLIC_URL: api,
    PORT: new URL(api).port,
    TEMPORAL_ADDRESS: temporal,
    TEMPORAL_UI_URL: temporalUi,
    ORDER_WEBHOOK_URL: shop,
    ...Object.fromEntries(
      started.flatMap(({ sandbox, id }) => Object.entries(sandbox?.variables(sandboxes[id] ?? '') ?? {})),
    ),
    ...(started[0] && { DEFAULT_GATEWAY: started[0].id }),
  };
}

function present(values: Record<string, string | null | undefined>): Record<string, string> {
  const known = Object.entries(values).filter(([, value]) => typeof value === 'string' && value !== '');
  return Object.fromEntries(known) as Record<string, string>;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
