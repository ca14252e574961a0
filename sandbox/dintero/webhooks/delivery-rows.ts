/** Webhook attempts as the account's API shows them: `…/deliveries` and `…/deliveries/{id}`. */
import type { WebhookDelivery } from './subscription.ts';

interface ShownAttempt {
  readonly id: string;
  readonly event_delivery: string;
  readonly created_at: string;
  /** The status that the subscriber answered; absent without an answer. */
  readonly status?: number;
  readonly request: { readonly headers: object; readonly body: string };
  readonly details: object;
}

/** The attempts of one delivery, oldest first. */
export function attemptsOf({ id, deliveryId, attempts, headers, body }: WebhookDelivery): ShownAttempt[] {
  return attempts.map(({ at, status, durationMs }, index) => ({
    id: `${id}-${index + 1}`,
    event_delivery: deliveryId,
    created_at: at,
    ...(status === null ? {} : { status }),
    request: { headers, body },
    details: {
      delivery_at: at,
      delivery_duration: durationMs,
      delivery_success: status !== null && status >= 200 && status < 300,
    },
  }));
}

/** An attempt as the list shows it: only its details contain the request. */
export function attemptRow({ request: _request, details: _details, ...row }: ShownAttempt): object {
  return row;
}
