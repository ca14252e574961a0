import { checkFilters, many, one, PAGE_FILTERS, pageOf, type Query } from '../records/listing.ts';
import { cutOff, sessionView } from '../records/lagging-views.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Session } from './session.ts';

const FILTERS = [...PAGE_FILTERS, 'search', 'transaction_id'];

/**
 * `GET /v1/sessions`: `search` finds by id, either reference, transaction id, e-mail address or telephone
 * number.
 */
export function searchSessions({ ledger, faults }: Sandbox, query: Query): Session[] {
  checkFilters(query, FILTERS);
  const cut = cutOff(faults.knobs.searchLagMs);
  const asked = [...many(query, 'search'), ...many(query, 'transaction_id')];
  return pageOf<Session>({
    table: ledger.sessions,
    query,
    keys: asked.length === 0 ? undefined : asked,
    view(session) {
      if (cut !== undefined && session.created_at > cut) return undefined;
      const view = sessionView(session, ledger, cut);
      return matchesSession(view, query) ? view : undefined;
    },
  });
}

function matchesSession(session: Session, query: Query): boolean {
  const transactionIds = many(query, 'transaction_id');
  if (transactionIds.length > 0 && !transactionIds.includes(session.transaction_id ?? '')) return false;
  const search = one(query, 'search');
  if (search === undefined) return true;
  const { order, customer } = session;
  const references = [
    session.id,
    session.transaction_id,
    order.merchant_reference,
    order.merchant_reference_2,
  ];
  return [...references, customer?.email, customer?.phone_number].includes(search);
}
