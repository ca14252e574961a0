/** deploy/rules has an alert for every figure that docs/operations.md wants one for, and promtool plays each. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './support/compose.ts';
import { dashboardPanels } from './support/dashboard.ts';

const RULES = join(ROOT, 'deploy', 'rules', 'paidonce.yml');
const PLAYED = ['rules-test.yml', 'rules-of-days-test.yml'].map((name) => join(ROOT, 'test', 'deploy', name));
const read = (path: string) => readFileSync(path, 'utf8');

/** The name, the expression and the section of each alert. */
const ALERTS = read(RULES)
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map((text) => ({
    name: /^\w+/.exec(text)?.[0] ?? '',
    expr: /expr:([\s\S]*?)\n {8}(?:for|labels):/.exec(text)?.[1] ?? '',
    section: /section: (\S+)/.exec(text)?.[1] ?? '',
  }));

const PAGE = read(join(ROOT, 'docs', 'operations.md'));
/** Figure and alert of each row of the page's tables of figures. */
const ROWS = [...PAGE.matchAll(/^\| `((?:paidonce|temporal)_\w+)`.*\| ([^|]+?) +\|$/gm)].map(
  ([, figure = '', alert = '']) => ({ figure, alert }),
);

function metricsIn(expr: string): string[] {
  return (expr.match(/\b(?:paidonce|temporal)_\w+/g) ?? []).map((name) =>
    name.replace(/_(bucket|count|sum)$/, ''),
  );
}

describe('deploy/rules/paidonce.yml', () => {
  it('has an alert for every figure of docs/operations.md that names one, and uses no other figure', () => {
    const used = new Set(ALERTS.flatMap(({ expr }) => metricsIn(expr)));
    const wanted = ROWS.filter(({ alert }) => !/^(–|with the next)/.test(alert)).map(({ figure }) => figure);
    expect(wanted.length).toBeGreaterThan(25);
    expect(wanted.filter((figure) => !used.has(figure))).toEqual([]);
    const known = new Set(ROWS.map(({ figure }) => figure));
    expect([...used].filter((figure) => !known.has(figure))).toEqual([]);
  });

  it('sends the reader of each alert to a section of docs/operations.md', () => {
    const sections = [...PAGE.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(ALERTS.filter(({ section }) => !sections.includes(section))).toEqual([]);
  });

  it('is correct for promtool, which sees every alert fire and be silent', () => {
    execFileSync('promtool', ['check', 'rules', RULES], { stdio: 'pipe' });
    execFileSync('promtool', ['test', 'rules', ...PLAYED], { stdio: 'pipe' });
    const played = PLAYED.map(read).join('\n');
    for (const { name } of ALERTS)
      expect([
        name,
        new RegExp(`alertname: ${name}\\n\\s+eval_time: \\w+\\n\\s+exp_alerts:`).test(played),
      ]).toEqual([name, true]);
  });
});

describe('deploy/rules/machine.yml', () => {
  it('is correct for promtool, which sees every alert fire and be silent', () => {
    const rules = join(ROOT, 'deploy', 'rules', 'machine.yml');
    const played = join(ROOT, 'test', 'deploy', 'rules-of-machine-test.yml');
    execFileSync('promtool', ['check', 'rules', rules], { stdio: 'pipe' });
    execFileSync('promtool', ['test', 'rules', played], { stdio: 'pipe' });
    for (const [, name = ''] of read(rules).matchAll(/- alert: (\w+)/g))
      expect(read(played)).toContain(`alertname: ${name}`);
  });
});

describe('the Grafana dashboard', () => {
  it('shows every figure of docs/operations.md but those of rotation, and no other', () => {
    const shown = new Set(dashboardPanels().flatMap(({ queries }) => queries.flatMap(metricsIn)));
    const known = ROWS.map(({ figure }) => figure);
    expect([...shown].filter((figure) => !known.includes(figure))).toEqual([]);
    const wanted = known.filter(
      (figure) => !/^paidonce_(signature_secret_|polls_|namespace_repairs_)/.test(figure),
    );
    expect(wanted.filter((figure) => !shown.has(figure))).toEqual([]);
  });
});
