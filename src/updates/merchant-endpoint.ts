/** The merchant's endpoint, from the configuration. */
import type { Config } from '../config/config.ts';
import type { MerchantEndpoint } from './signed-message.ts';

/** Null where no ORDER_WEBHOOK_URL is set. */
export function merchantEndpoint(config: Config): MerchantEndpoint | null {
  const {
    ORDER_WEBHOOK_URL: url,
    ORDER_WEBHOOK_TIMEOUT: timeoutMs,
    ORDER_WEBHOOK_SECRETS: secrets = [],
  } = config;
  return url === undefined ? null : { url, timeoutMs, secrets };
}
