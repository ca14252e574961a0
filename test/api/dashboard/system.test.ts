/** The pages of the system and of one gateway: what is wrong is seen in one look, and a part that is away hides no other. */
import { describe, expect, it } from '@jest/globals';
import { addCalls } from '../../../src/store/gateway-calls.ts';
import { newId } from '../../../src/store/new-ids.ts';
import { noteProcess } from '../../../src/store/processes.ts';
import { beginPasses, noteFailedPass } from '../../../src/store/sweep-passes.ts';
import { API_KEY, SECRETS } from '../../support/api.ts';
import { Visitor } from '../../support/dashboard.ts';
import { useTestApi } from '../../support/door.ts';

const at = useTestApi({ SWEEP_INTERVAL: '5m', SWEEP_INTERVALL: '1m', ORDER_WEBHOOK_URL: undefined });
const MARKUP = '<img src=x onerror=alert(1)>';

const page = async (path: string): Promise<string> =>
  (await (await Visitor.signedIn(at.api, API_KEY)).get(path)).text;

/** The rows of a table, each with the texts of its cells. */
function rowsOf(html: string, label: string): string[][] {
  const table = html.split(`aria-label="Table: ${label}"`)[1]?.split('</table>')[0] ?? '';
  return [...table.matchAll(/<tr data-row.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => cell.replaceAll(/<[^>]+>/g, '')),
  );
}

function aProcess(changes: object) {
  const about = { host: '5f2b8e07', pid: 41, version: '0.1.0', build: null, node: '20.19.2' };
  const id = newId('prc');
  return { id, role: 'worker', memoryBytes: 212_430_848, startedAt: new Date(), ...about, ...changes };
}

/** A Temporal in which b41 is current, and b42 polls alone. */
function withVersions(): void {
  const seconds = Math.floor(Date.now() / 1_000);
  const deploymentOptions = { deploymentName: 'paidonce', buildId: 'b42' };
  Object.assign(at.api.service.connection.workflowService, {
    describeTaskQueue: () =>
      Promise.resolve({
        pollers: [{ identity: '41@a-host', lastAccessTime: { seconds }, deploymentOptions }],
      }),
    describeWorkerDeployment: () =>
      Promise.resolve({
        workerDeploymentInfo: {
          routingConfig: { currentDeploymentVersion: { buildId: 'b41' } },
          versionSummaries: [
            { deploymentVersion: { buildId: 'b41' }, status: 2, currentSinceTime: { seconds } },
            { deploymentVersion: { buildId: 'b42' }, status: 1 },
            { deploymentVersion: { buildId: 'b40' }, status: 5 },
          ],
        },
      }),
  });
}

describe('the page of the system', () => {
  it('shows above all else that the worker’s version is not current, and the command that makes it', async () => {
    withVersions();
    const html = await page('/system');
    const [above = ''] = html.split('id="processes"');
    expect(above).toContain(
      'no worker polls for b41, the current version of paidonce: no payment makes progress; b42 polls',
    );
    expect(above).toContain('set-current-version --deployment-name paidonce --build-id b42 --yes');
    expect(rowsOf(html, 'Worker versions').map((cells) => cells.slice(0, 3))).toEqual([
      ['b41', 'current', '0'],
      ['b42', 'inactive', '1'],
      ['b40', 'drained', '0'],
    ]);
    // Its workers may be the only ones that can help.
    expect(html).toContain('keep its workers: those of the current version are away');
    expect(html).not.toContain('may be stopped');
  });

  it('has every process, with one that is gone and one that does not poll', async () => {
    withVersions();
    const { db } = at.store;
    await noteProcess(db, aProcess({ role: 'api', pid: 7, version: MARKUP }));
    await noteProcess(db, aProcess({ pid: 9, build: 'b42' }));
    const rows = rowsOf(await page('/system'), 'Processes');
    expect(rows.map((cells) => [cells[0]?.split(' ')[0], cells[1], cells[3], cells[6]])).toEqual(
      expect.arrayContaining([
        ['worker', 'ok', 'does not poll', '212 MB'],
        ['api', 'ok', 'no worker', '212 MB'],
      ]),
    );
    expect(rows.map((cells) => cells[2])).toContain('&lt;img src=x onerror=alert(1)>');
  });

  it('shows no secret, and in red what has no effect', async () => {
    const html = await page('/system');
    expect(html).toMatch(/notice bad[^>]*><code>SWEEP_INTERVALL<\/code> is not known/);
    expect(rowsOf(html, 'Settings that are given')).toContainEqual([
      'DINTERO_SIGNATURE_SECRETS',
      'set (2 values)',
      'environment, a secret',
    ]);
    for (const secret of [...SECRETS, API_KEY, 'a-client-secret']) expect(html).not.toContain(secret);
    expect(html).toContain('<title id="secrets-in-use-title">When each secret has signed</title>');
  });

  it('says of each part that is away that it is, and shows the others', async () => {
    at.api.troubles.mood = 'down';
    at.api.runs.temporal = 'down';
    const html = await page('/system');
    for (const what of ['Processes', 'Temporal', 'The secrets', 'The store'])
      expect(html).toContain(`${what} can’t be shown`);
    expect(rowsOf(html, 'Settings that are given').length).toBeGreaterThan(5);
    const figures = rowsOf(html, 'Figures');
    expect(figures.find(([name]) => name === 'the store answers')?.slice(1, 3)).toEqual(['alert', 'no']);
  });
});

describe('the page of a gateway', () => {
  it('has a chart with its figures for each operation, and a cell for each sweep', async () => {
    const minute = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 300_000).toISOString();
    const counted = { minute, gateway: 'dintero', step: 20, totalMs: 400 };
    await addCalls(at.store.db, [
      { ...counted, operation: 'capture', outcome: 'ok', calls: 4 },
      { ...counted, operation: 'capture', outcome: 'silent', calls: 1 },
      { ...counted, operation: MARKUP, outcome: 'credentials', calls: 2 },
    ]);
    const startedAt = new Date(Date.now() - 300_000);
    await beginPasses(at.store.db, { gateway: 'dintero', startedAt }, ['created']);
    const failure = `answered 503 ${MARKUP}`;
    await noteFailedPass(at.store.db, { gateway: 'dintero', startedAt, listing: 'created', failure });
    const html = await page('/gateways/dintero?hours=1');
    expect(rowsOf(html, 'Calls by operation').map((cells) => cells.slice(0, 5))).toEqual([
      ['capture', '5', '4', '0', '1'],
      [expect.stringContaining('&lt;img'), '2', '0', '0', '0'],
    ]);
    expect(html).toContain('capture: calls per minute</title>');
    expect(html).toContain('capture: p95 in ms</title>');
    expect(html).toMatch(/failed: nothing was read<\/td><td>0 found; created: answered 503 &lt;img/);
    expect(html).not.toContain('<img');
    expect(html).toMatch(/Refused last<\/dt><dd><time/);
  });

  it('that is not configured is 404, and says so while the store is away', async () => {
    const visitor = await Visitor.signedIn(at.api, API_KEY);
    expect((await visitor.get('/gateways/none')).status).toBe(404);
    at.api.troubles.mood = 'down';
    const { status, text } = await visitor.get('/gateways/dintero');
    expect([status, text]).toEqual([200, expect.stringContaining('The calls can’t be shown')]);
    expect(text).toContain('The sweeps can’t be shown');
  });
});
