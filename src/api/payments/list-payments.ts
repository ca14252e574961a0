/** The list of payments, each beside its order. */
import type { z } from 'zod';
import type { Service } from '../../service.ts';
import { inBounds } from '../../store/bounded.ts';
import {
  listPayments,
  ordersBeside,
  type OrderBeside,
  type PaymentFilter,
} from '../../store/list-payments.ts';
import { idOf, viewPage } from '../http/pages.ts';
import type { listedPayment } from './payment-schemas.ts';
import { linksOf, viewListedPayment } from './payment-view.ts';

/** The order that a payment must have; its row is read after the payment's. */
const UNKNOWN: OrderBeside = { status: 'AWAITING_PAYMENT', update: null };

/** One page of payments. @throws TooManyRows */
export async function pageOfPayments(
  service: Pick<Service, 'store' | 'config'>,
  filter: PaymentFilter,
): Promise<{ data: z.infer<typeof listedPayment>[]; hasMore: boolean; nextCursor: string | null }> {
  const { db } = service.store;
  const page = await inBounds(db, (tx) => listPayments(tx, filter));
  const beside = await ordersBeside(db, page.rows);
  const links = linksOf(service);
  return viewPage(
    page,
    (row) => viewListedPayment(row, links, beside.get(row.orderReference) ?? UNKNOWN),
    idOf,
  );
}
