import type { Page } from './page.ts';
import { approvalPage, approvalsPage } from './pages/approvals-page.tsx';
import { auditPage } from './pages/audit-page.tsx';
import { captureResultPage, toCapturePage } from './pages/capture-many.tsx';
import { deliveriesPage } from './pages/deliveries-page.tsx';
import { deliveryPage } from './pages/delivery-page.tsx';
import { gatewayPage } from './pages/gateway-page.tsx';
import { gatewaysPage } from './pages/gateways-page.tsx';
import { nowPage } from './pages/now-page.tsx';
import { numbersPage } from './pages/numbers-page.tsx';
import { operationsPage } from './pages/operations-page.tsx';
import { orderPage, paymentPage } from './pages/order-page.tsx';
import { paymentsPage } from './pages/payments-page.tsx';
import { reconcilePage, reconciliationPage } from './pages/reconcile-page.tsx';
import { reviewsPage } from './pages/reviews-page.tsx';
import { systemPage } from './pages/system-page.tsx';
import { testBenchPage } from './pages/test-bench-page.tsx';
import { updatePage } from './pages/update-page.tsx';
import { chooseUpdatesPage, sentManyPage } from './pages/updates-many.tsx';
import { updatesPage } from './pages/updates-page.tsx';

/** Every page, in the order of the navigation. */
export const PAGES: readonly Page[] = [
  nowPage,
  paymentsPage,
  paymentPage,
  orderPage,
  reviewsPage,
  approvalsPage,
  approvalPage,
  operationsPage,
  toCapturePage,
  captureResultPage,
  deliveriesPage,
  deliveryPage,
  updatesPage,
  updatePage,
  chooseUpdatesPage,
  sentManyPage,
  gatewaysPage,
  gatewayPage,
  systemPage,
  reconcilePage,
  reconciliationPage,
  numbersPage,
  auditPage,
  testBenchPage,
];

/** The page with this address below the dashboard's own, and the parameters in it. */
export function pageAt(
  pages: readonly Page[],
  address: string,
): { readonly page: Page; readonly params: Record<string, string> } | null {
  const parts = partsOf(address);
  for (const page of pages) {
    const names = partsOf(page.path);
    const isFitting =
      names.length === parts.length && names.every((name, at) => name.startsWith(':') || name === parts[at]);
    if (!isFitting) continue;
    const params = names.flatMap((name, at) =>
      name.startsWith(':') ? [[name.slice(1), decodeURIComponent(parts[at] ?? '')]] : [],
    );
    return { page, params: Object.fromEntries(params) as Record<string, string> };
  }
  return null;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
