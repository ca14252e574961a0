/** The panels of the Grafana dashboard, as far as Prometheus sees them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './compose.ts';

export interface DashboardPanel {
  readonly title: string;
  /** Its description says that it is empty until something has happened. */
  readonly isRare: boolean;
  /** With a value for each variable of Grafana. */
  readonly queries: readonly string[];
  /** As they are scraped: a histogram by its series. */
  readonly metrics: readonly string[];
}

interface Row {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
}

export function dashboardPanels(): DashboardPanel[] {
  const text = readFileSync(join(ROOT, 'deploy', 'grafana', 'dashboards', 'paidonce.json'), 'utf8');
  const { panels } = JSON.parse(text) as { panels: readonly Row[] };
  return panels
    .filter(({ type }) => type !== 'row')
    .map(({ title, description = '', targets = [] }) => {
      const queries = targets.map(({ expr }) =>
        expr.replaceAll('$__rate_interval', '1m').replaceAll('$gateway', '.*'),
      );
      const metrics = queries.flatMap((query) => query.match(/\b(?:paidonce|temporal)_\w+/g) ?? []);
      return { title, isRare: /\bEmpty\b/.test(description), queries, metrics };
    });
}
