import type { Subscription } from './subscription.ts';

/** A subscription as it is listed, and as a ping shows it: without its secret, which only the answer to its making has. */
export function subscriptionView(subscription: Subscription): object {
  const { failures: _failures, account_id: _account, config, ...shown } = subscription;
  const { url, content_type } = config;
  return {
    ...shown,
    active: shown.deletedAt === undefined,
    updated_at: shown.created_at,
    config: { url, content_type, insecure_ssl: 0, secret: { type: 'HMAC-SHA1' } },
  };
}
