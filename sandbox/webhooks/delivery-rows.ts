/** Attempts to reach a subscriber, as the account's API shows them: `…/deliveries` and `…/deliveries/{id}`. */
import type { WebhookDelivery } from './subscription.ts';

interface ShownAttempt {
  readonly id: string;
  readonly event_delivery: string;
  readonly created_at: string;
  /** What the subscriber answered; missing where it did not. */
  readonly status?: number;
  readonly request: { readonly headers: object; readonly body: string };
  readonly details: object;
}

/** The attempts at one delivery, the first one first. */
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

/** An attempt as it stands in the list: what was sent is in its details only. */
export function attemptRow({ request: _request, details: _details, ...row }: ShownAttempt): object {
  return row;
}
