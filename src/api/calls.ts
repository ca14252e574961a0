/** Every call of the API. A call that is not in this list is neither routed nor documented. */
import { ATTENTION_CALLS, type AttentionTools } from './attention/routes.ts';
import type { ApprovalTools } from './approvals/decide.ts';
import { APPROVAL_CALLS } from './approvals/routes.ts';
import { AUDIT_CALLS } from './audit/routes.ts';
import { BACKFILL_CALLS } from './backfills/routes.ts';
import { CALLBACK_CALLS, type CallbackTools } from './callbacks/routes.ts';
import { DELIVERY_CALLS } from './deliveries/routes.ts';
import { DOCS_CALLS, type DocsTools } from './docs/routes.ts';
import { EVENT_CALLS, type EventTools } from './events/routes.ts';
import { GATEWAY_CALLS } from './gateways/routes.ts';
import { HEALTH_CALLS, type HealthTools } from './health/routes.ts';
import type { Call } from './http/define-call.ts';
import { documentOf, type OpenApiDocument } from './http/openapi.ts';
import { MONEY_CALLS, type MoneyTools } from './money/routes.ts';
import { NOTE_CALLS } from './notes/routes.ts';
import { OPERATION_CALLS } from './operations/routes.ts';
import type { LookTools } from './payments/look-again.ts';
import type { PaymentTools } from './payments/open-payment.ts';
import { PAYMENT_CALLS } from './payments/routes.ts';
import type { ReturnTools } from './returns/follow-return.ts';
import { RECONCILIATION_CALLS } from './reconciliations/routes.ts';
import { RETURN_CALLS } from './returns/routes.ts';
import { SEARCH_CALLS } from './search/routes.ts';
import { STATS_CALLS } from './stats/routes.ts';
import { SYSTEM_CALLS, type SystemTools } from './system/routes.ts';
import { ORDER_UPDATES } from './updates/order-updates.ts';
import { TEST_BENCH_CALLS, type TestBenchTools } from './test-bench/routes.ts';
import { UPDATE_CALLS, type UpdateTools } from './updates/routes.ts';

/** The tools of all handlers: the service, and objects that are made once per process. */
export type ApiTools = ApprovalTools &
  AttentionTools &
  CallbackTools &
  DocsTools &
  EventTools &
  HealthTools &
  LookTools &
  MoneyTools &
  PaymentTools &
  ReturnTools &
  TestBenchTools &
  SystemTools &
  UpdateTools;

export const CALLS: readonly Call<ApiTools>[] = [
  ...PAYMENT_CALLS,
  ...MONEY_CALLS,
  ...OPERATION_CALLS,
  ...APPROVAL_CALLS,
  ...DELIVERY_CALLS,
  ...UPDATE_CALLS,
  ...NOTE_CALLS,
  ...ATTENTION_CALLS,
  ...EVENT_CALLS,
  ...HEALTH_CALLS,
  ...AUDIT_CALLS,
  ...RECONCILIATION_CALLS,
  ...BACKFILL_CALLS,
  ...SEARCH_CALLS,
  ...STATS_CALLS,
  ...GATEWAY_CALLS,
  ...TEST_BENCH_CALLS,
  ...SYSTEM_CALLS,
  ...CALLBACK_CALLS,
  ...RETURN_CALLS,
  ...DOCS_CALLS,
];

/** The OpenAPI document of all calls and of the updates that we send. `prefix` is the path of PUBLIC_URL. */
export function openApiDocument(prefix = ''): OpenApiDocument {
  return documentOf(CALLS, ORDER_UPDATES, prefix);
}
