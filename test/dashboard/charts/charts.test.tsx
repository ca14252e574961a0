/** Charts: the figures of the drawing and of the table, and what texts of others may not do. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { CHROMIUM_FLAGS } from '../../../kit/chromium.js';
import { TONES } from '../../../src/dashboard/charts/frame.tsx';
import { shadeOf } from '../../../src/dashboard/charts/heat-map.tsx';
import { barsOf } from '../../../src/dashboard/charts/waterfall.tsx';
import { StackedBars } from '../../../src/dashboard/charts/over-time.tsx';
import { StateMap } from '../../../src/dashboard/charts/state-map.tsx';
import { everyChart, FAILED, PAID } from './samples.tsx';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const CSS = readFileSync(join(ROOT, 'kit', 'charts.css'), 'utf8');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** The strictest policy under which the charts must work. */
const POLICY = `default-src 'none'; style-src 'nonce-a'; script-src 'none'`;

const NAMES = Object.keys(everyChart());
const EVIL = `<img src=x onerror=alert(1)>"'\u202e${'x'.repeat(10_000)}`;

let browser: Browser;
let page: Page;
beforeAll(async () => {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
  page = await browser.newPage({ viewport: { width: 360, height: 740 } });
}, 60_000);
afterAll(() => browser?.close());

function documentOf(charts: readonly VNode[]): string {
  const body = charts.map((chart) => renderToString(chart)).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="${POLICY}"><title>Charts</title>
    <style nonce="a">:root { color-scheme: light dark } ${CSS}</style></head><body><main><h1>Charts</h1>${body}</main></body></html>`;
}

async function show(charts: readonly VNode[]): Promise<void> {
  await page.setContent(documentOf(charts));
}

/** The rows of the table of a chart, as texts. */
function rowsOf(id: string): Promise<string[][]> {
  return page.$$eval(`#${id} tbody tr`, (rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
  );
}

async function axeFindings(): Promise<string[]> {
  await page.evaluate(readFileSync(AXE, 'utf8'));
  return (await page.evaluate(`axe.run(document).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' | ')))`)) as string[];
}

/** WCAG 2's relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((from) => {
    const part = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe('the charts', () => {
  it('have their figures as a table, with the marks', async () => {
    await show(Object.values(everyChart()));
    const stacked = await rowsOf('stacked');
    const figures = stacked.slice(0, PAID.length);
    expect(figures.map(([, paid]) => Number(paid))).toEqual(PAID);
    expect(figures.map(([, , failed]) => Number(failed))).toEqual(FAILED);
    expect(figures.map((row) => [Number(row[3]), row[4]])).toEqual(
      PAID.map((paid, n) => [paid + (FAILED[n] ?? 0), '5']),
    );
    expect(stacked.slice(PAID.length).map(([time, label]) => [time, label])).toEqual([
      ['2026-11-28 08:05', 'Paid deployed'],
      ['2026-11-28 08:20', 'secret rotated'],
    ]);
    expect((await rowsOf('shares')).slice(0, 3)).toEqual([
      ['2026-11-28 08:00', '4', '80', '1', '20'],
      ['2026-11-28 08:05', '7', '100', '0', '0'],
      ['2026-11-28 08:10', '0', '0', '0', '0'],
    ]);
    expect((await rowsOf('lines'))[2]).toEqual(['2026-11-28 08:10', '–', '0']);
    expect((await rowsOf('pareto')).map(([, count]) => Number(count))).toEqual(
      Array.from({ length: 15 }, (_, n) => 15 - n),
    );
    expect((await rowsOf('pareto')).at(-1)).toEqual(['Paid 14', '1', '1 %', '100 %']);
    expect(await rowsOf('waterfall')).toEqual([
      ['Paid', '722.00 NOK', '722.00 NOK'],
      ['Refunded', '-22.00 NOK', '700.00 NOK'],
      ['Left', '700.00 NOK', '700.00 NOK'],
    ]);
    expect((await rowsOf('heat'))[2]).toEqual(['2026-11-28 08:10', '2', '98', '1']);
    expect(await rowsOf('gantt')).toEqual([
      ['Paid', 'Paid'],
      ['older', 'Failed'],
      ['never', 'unused'],
    ]);
    expect((await rowsOf('cells'))[3]).toEqual(['2026-11-28 08:15', 'Failed', 'Paid']);
  });

  it('draw what the table says', async () => {
    await show(Object.values(everyChart()));
    const heights = (id: string, tone: string) =>
      page.$$eval(`#${id} > svg .fill-${tone}`, (bars) =>
        bars.map((bar) => Number(bar.getAttribute('height'))),
      );
    const good = await heights('stacked', 'good');
    expect(good).toHaveLength(PAID.filter((paid) => paid > 0).length);
    // In proportion: the highest is 1234 of the same scale as 12.
    expect((good.at(-1) ?? 0) / 1_234).toBeCloseTo((good.at(-2) ?? 0) / 12, 1);
    const parts = [await heights('shares', 'good'), await heights('shares', 'bad')].flat();
    // Four buckets with anything in them, each 100 %.
    expect(total(parts)).toBeCloseTo(4 * 156, 0);
    const bars = await page.$$eval('#gantt > svg rect', (all) =>
      all.map((bar) => [Number(bar.getAttribute('x')), Number(bar.getAttribute('width'))]),
    );
    // An hour in 468 units: the first is the last 40 minutes, the second the ten before them; the third has none.
    expect(bars.map((bar) => bar.map(Math.round))).toEqual([
      [162, 312],
      [84, 78],
    ]);
    const path = await page.$eval('#lines .stroke-good', (line) => line.getAttribute('d') ?? '');
    // Two pieces: the third point has no value.
    expect(path.match(/M/g)).toHaveLength(2);
    expect(await page.$$eval('#pareto > svg rect', (bars) => bars.length)).toBe(12);
  });

  it.each(['light', 'dark'] as const)(
    'are clean for axe, %s, at 360 px, with their tables open',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await show(Object.values(everyChart()));
      await page.$$eval('details', (all) => all.forEach((one) => one.setAttribute('open', '')));
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect(width).toBeLessThanOrEqual(360);
      expect(await axeFindings()).toEqual([]);
    },
  );

  it.each(NAMES)('%s: a text of others is only shown, and does not grow the drawing', async (name) => {
    const chart = everyChart(EVIL)[name] as VNode;
    const html = renderToString(chart);
    expect(html).not.toContain('<img');
    expect(html).not.toMatch(/ style=|<script|javascript:/);
    await show([chart]);
    expect(await page.$$eval('img, script, [onerror]', (found) => found.length)).toBe(0);
    const longest = await page.$$eval('figure > svg text', (texts) =>
      Math.max(0, ...texts.map((text) => text.textContent?.length ?? 0)),
    );
    expect(longest).toBeLessThanOrEqual(40);
  });

  it.each([
    ['five spans', PAID],
    ['one span', [7]],
    ['nothing', []],
    ['zeros', [0, 0]],
  ])('have a name and a summary, and numbers only, with %s', async (_, counts) => {
    await show(Object.values(everyChart('Paid', counts)));
    for (const name of NAMES) expect(await page.getByRole('img', { name: `Paid (${name})` }).count()).toBe(1);
    const said = await page.$$eval('figure > svg > desc', (all) => all.map((desc) => desc.textContent));
    expect(new Set(said)).toEqual(new Set(['What Paid was.']));
    expect(await page.content()).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('say the time of day, and the day at midnight', async () => {
    const hours = Array.from({ length: 3 }, (_, n) => ({
      at: new Date(Date.UTC(2026, 10, 28, 12 * n)),
      values: {},
    }));
    const props = { id: 'days', title: 'Days', summary: 'x', series: [] };
    await show([<StackedBars {...props} buckets={hours} bucketMs={12 * 3_600_000} />]);
    const texts = await page.$$eval('.axis text', (all) => all.map((text) => text.textContent));
    expect(texts).toEqual(expect.arrayContaining(['28 Nov', '12:00', '29 Nov']));
  });

  it('have a colour for every tone and shade', () => {
    for (const tone of TONES) expect(CSS).toContain(`.chart .fill-${tone} {`);
    const shades = [1, 2, 30, 999, 1_000].map((count) => shadeOf(count, 1_000));
    expect(shades).toEqual(shades.toSorted((left, right) => left - right));
    expect([shades[0], shades.at(-1)]).toEqual([1, 5]);
    for (const shade of shades) expect(CSS).toContain(`.chart .heat-${shade} {`);
  });

  it.each([
    ['light', 0, '#ffffff'],
    ['dark', 1, '#121212'],
  ])('have contrast with their ground, %s', (_, place, ground) => {
    const contrastOf = (name: string) => {
      const colours = [...CSS.matchAll(new RegExp(`--${name}: (#[0-9a-f]{6})`, 'g'))].map(
        ([, colour = '']) => colour,
      );
      const [dark = 0, bright = 0] = [colours[place] ?? '', ground]
        .map(luminance)
        .toSorted((left, right) => left - right);
      return (bright + 0.05) / (dark + 0.05);
    };
    expect(contrastOf('chart-text')).toBeGreaterThanOrEqual(4.5);
    for (const tone of TONES) expect([tone, contrastOf(tone) >= 3]).toEqual([tone, true]);
  });

  it('let the steps of a waterfall begin where the last one ended', () => {
    const tone = 'good';
    const steps = [
      { label: 'a', amount: 100, is: 'sum', tone },
      { label: 'b', amount: -30, is: 'change', tone },
      { label: 'c', amount: 5, is: 'change', tone },
      { label: 'd', amount: 75, is: 'sum', tone },
    ] as const;
    expect(barsOf(steps)).toEqual([
      { from: 0, to: 100 },
      { from: 100, to: 70 },
      { from: 70, to: 75 },
      { from: 0, to: 75 },
    ]);
  });
});

describe('the state map', () => {
  const states = [
    { status: 'PENDING', count: 8, hasMore: false },
    { status: 'CAPTURED', count: 10_000, hasMore: true },
  ];
  const map = (lastHour: Record<string, number>) => (
    <StateMap
      id="map"
      title="Payments now"
      states={states}
      lastHour={lastHour}
      listOf={(status) => `/payments?status=${status}`}
    />
  );

  it('has a count in each state, which leads to its list, and the same figures as a table', async () => {
    await show([map({ opened: 31, paid: 22, refunded: 2 })]);
    const links = await page.$$eval('#map a', (all) =>
      all.map((one) => [one.textContent, one.getAttribute('href')]),
    );
    expect(links).toHaveLength(13);
    expect(links).toContainEqual(['PENDING 8', '/payments?status=PENDING']);
    expect(links).toContainEqual(['CAPTURED 10,000+', '/payments?status=CAPTURED']);
    const figures = await rowsOf('map');
    expect(figures).toContainEqual(['PENDING', '8', '31']);
    expect(figures).toContainEqual(['AUTHORIZED', '—', '22']);
    expect(figures).toContainEqual(['REFUNDED', '—', '2']);
    expect(figures).toContainEqual(['ON_HOLD', '—', '—']);
  });

  it('has wider edges where more went', async () => {
    await show([map({ paid: 1_000, declined: 10 })]);
    const widths = await page.$$eval('#map .edge.flows', (all) =>
      all.map((one) => [
        one.querySelector('text')?.textContent,
        Number(one.querySelector('path')?.getAttribute('stroke-width')),
      ]),
    );
    expect(widths.map(([count]) => count)).toEqual(['1000', '10']);
    expect(Number(widths[0]?.[1])).toBeGreaterThan(2 * Number(widths[1]?.[1]) * 0.9);
  });

  it.each(['light', 'dark'] as const)('is clean for axe, %s, at 360 px', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await show([map({ opened: 31, paid: 22 })]);
    await page.$$eval('details', (all) => all.forEach((one) => one.setAttribute('open', '')));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(await axeFindings()).toEqual([]);
  });
});
