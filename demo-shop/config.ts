import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { LookIntervals } from './next-look.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an absolute http(s) URL' });

// The same rule as in paidonce, so that both accept the same secrets.
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{24,}={0,2}$/, 'must be whsec_ and base64, comma-separated');

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port from 0 (any free one) to 65535')
  .transform(Number)
  .refine((number) => number <= 65_535, 'must be a port from 0 (any free one) to 65535');

const milliseconds = z
  .string()
  .regex(/^[1-9]\d{0,12}$/, 'must be a whole number of milliseconds')
  .transform(Number)
  .optional();

const schema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  SHOP_PORT: port.default(3002),
  SHOP_URL: httpUrl.optional(),
  PAIDONCE_API_URL: httpUrl,
  PAIDONCE_API_KEY: z.string().trim().min(24, 'must be at least 24 characters'),
  ORDER_WEBHOOK_SECRETS: z
    .string()
    .transform((list) => list.split(',').map((entry) => entry.trim()))
    .pipe(z.array(secret)),
  DATA_DIR: z.string().min(1).optional(),
  TEMPORAL_UI_URL: httpUrl.optional(),
  PAIDONCE_SWEEP_MS: milliseconds,
  PAIDONCE_ON_HOLD_POLL_MS: milliseconds,
});

export interface ShopConfig {
  readonly host: string;
  readonly port: number;
  /** The origin under which browsers reach the shop; by default made from the listening address. */
  readonly publicUrl: string | undefined;
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Standard Webhooks secrets, newest first; any of them may have signed. */
  readonly webhookSecrets: readonly string[];
  readonly dataDir: string | undefined;
  readonly temporalUiUrl: string | undefined;
  readonly lookIntervals: LookIntervals;
}

/** Names every wrong variable, without its value. */
export class ShopConfigError extends Error {
  override readonly name = 'ShopConfigError';
}

/** Reads the environment once. Throws `ShopConfigError`. */
export function readShopConfig(env: NodeJS.ProcessEnv): ShopConfig {
  const parsed = schema.safeParse({
    ...env,
    PAIDONCE_API_KEY: secretOf(env, 'PAIDONCE_API_KEY'),
    ORDER_WEBHOOK_SECRETS: secretOf(env, 'ORDER_WEBHOOK_SECRETS'),
  });
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path: [name], message }) => {
      const given = env[String(name)] ?? env[`${String(name)}_FILE`];
      return `  ${String(name)}: ${given === undefined ? 'is missing' : message}`;
    });
    throw new ShopConfigError(`The demo shop cannot start. Correct these variables:\n${wrong.join('\n')}`);
  }
  const is = parsed.data;
  return {
    host: is.HOST,
    port: is.SHOP_PORT,
    publicUrl: is.SHOP_URL && withoutSlash(is.SHOP_URL),
    apiUrl: withoutSlash(is.PAIDONCE_API_URL),
    apiKey: is.PAIDONCE_API_KEY,
    webhookSecrets: is.ORDER_WEBHOOK_SECRETS,
    dataDir: is.DATA_DIR,
    temporalUiUrl: is.TEMPORAL_UI_URL && withoutSlash(is.TEMPORAL_UI_URL),
    lookIntervals: { sweepMs: is.PAIDONCE_SWEEP_MS, onHoldPollMs: is.PAIDONCE_ON_HOLD_POLL_MS },
  };
}

/**
 * Reads a secret by NAME, or from a file by NAME_FILE like paidonce. `npm start` gives both; NAME is then the
 * contents of the file.
 */
function secretOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const given = env[name];
  const path = env[`${name}_FILE`];
  if (given !== undefined || path === undefined) return given;
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ShopConfigError(
      `The demo shop cannot start. ${name}_FILE: a readable file was expected (${code})`,
    );
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
