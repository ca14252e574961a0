/** docker-compose.yml by Compose's own loader: as the demo, and as the service of a Dintero account. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readCodecServerConfig, readConfig } from '../../src/config/config.ts';
import { projectFolder, readProject, ROOT, type Project, type Service } from './support/compose.ts';

const DOCUMENT = readFileSync(join(ROOT, 'docs', 'run-in-production.md'), 'utf8');
const SERVICES = 'api,migrate,postgres,temporal,temporal-namespace,temporal-schema,temporal-ui,worker'.split(
  ',',
);
/** These do their work and end. */
const JOBS = ['migrate', 'temporal-namespace', 'temporal-schema'];

/** The commands that the document shows its reader, except for Docker's own. */
function commandsUnder(title: string): string {
  const [, section = ''] = DOCUMENT.split(`### ${title}\n`);
  const [, block = ''] = /```sh\n(.*?)```/s.exec(section) ?? [];
  expect(block).toContain('deploy/make-secrets.sh');
  return block.replace(/^docker .*$/gm, '');
}

const folders: string[] = [];
let demo: Project;
let real: Project;
let observed: Project;

async function folderOf(title: string): Promise<string> {
  const folder = await projectFolder(commandsUnder(title));
  folders.push(folder);
  return folder;
}

beforeAll(async () => {
  demo = await readProject(await folderOf('The demo'));
  real = await readProject(await folderOf('A Dintero account'));
  const folder = await folderOf('A Dintero account');
  await appendFile(join(folder, '.env'), 'COMPOSE_PROFILES=observe\n');
  observed = await readProject(folder);
});

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

function entriesOf(project: Project): [string, Service][] {
  return Object.entries(project.services);
}

describe('docker-compose.yml', () => {
  it('serves an account without the sandbox and the demo shop, and sells in the demo with both', () => {
    expect(Object.keys(real.services).sort()).toEqual(SERVICES);
    expect(Object.keys(demo.services).sort()).toEqual([...SERVICES, 'sandbox', 'shop'].sort());
  });

  it('adds Prometheus and Grafana to an account, with their files from deploy/', () => {
    expect(Object.keys(observed.services).sort()).toEqual([...SERVICES, 'grafana', 'prometheus'].sort());
    const { prometheus, grafana } = observed.services;
    const sources = [prometheus, grafana].flatMap((service) => service?.volumes ?? []);
    const bound = sources.filter(({ type }) => type === 'bind');
    expect(bound.map(({ source }) => source.replace(/^.*\/deploy\//, '')).sort()).toEqual([
      'grafana/dashboards',
      'grafana/provisioning',
      'rules',
    ]);
    for (const { source, read_only: isReadOnly } of bound)
      expect([source, existsSync(source), isReadOnly]).toEqual([source, true, true]);
  });

  it('adds the codec server, with the settings of the document and no more ports', async () => {
    const folder = await folderOf('A Dintero account');
    const [, lines = ''] = /```sh\n(COMPOSE_PROFILES=codec\n.*?)```/s.exec(DOCUMENT) ?? [];
    await appendFile(join(folder, '.env'), lines);
    const { services, ...project } = await readProject(folder);
    expect(Object.keys(services).sort()).toEqual([...SERVICES, 'codec'].sort());
    const { codec, 'temporal-ui': ui, api } = services;
    const config = readCodecServerConfig(withFiles({ services, ...project }, codec));
    expect(config).toMatchObject({
      CODEC_HOST: '0.0.0.0',
      CODEC_PORT: 8234,
      CODEC_ORIGINS: ['http://127.0.0.1:8233'],
    });
    expect(config.PAYLOAD_KEYS.encrypts).toBe(
      readConfig(withFiles({ services, ...project }, api)).PAYLOAD_KEYS.encrypts,
    );
    expect(config.PAYLOAD_KEYS.encrypts).toBe('first');
    expect(ui?.environment?.['TEMPORAL_CODEC_ENDPOINT']).toBe('http://127.0.0.1:8234');
  });

  it('keeps the volumes of the demo apart from those of an account', () => {
    expect(demo.name).not.toBe(real.name);
  });

  it('gives the service settings that it accepts, and Worker Versioning in none of them', () => {
    for (const project of [demo, real]) {
      const { api, worker } = project.services;
      expect(worker?.environment).toEqual(api?.environment);
      const config = readConfig(withFiles(project, api));
      expect(config).toMatchObject({ PORT: 3000, ADMIN_PORT: 9464, TEMPORAL_ADDRESS: 'temporal:7233' });
      expect(config.TEMPORAL_WORKER_BUILD_ID).toBeUndefined();
      expect(api?.environment?.['ADMIN_HOST']).toBe('0.0.0.0');
    }
  });

  it("calls Dintero's own hosts where no sandbox replaces them", () => {
    const config = readConfig(withFiles(real, real.services['api']));
    expect(config.gateways[0]?.values).toMatchObject({
      DINTERO_API_URL: 'https://api.dintero.com',
      DINTERO_CHECKOUT_URL: 'https://checkout.dintero.com',
    });
  });

  it('pins the version of every image that it does not build', () => {
    const foreign = [...entriesOf(demo), ...entriesOf(observed)].filter(
      ([, { build }]) => build === undefined,
    );
    expect(new Set(foreign.map(([name]) => name)).size).toBe(7);
    for (const [, { image }] of foreign) expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?$/);
    const versionOf = (name: string) => demo.services[name]?.image.split(':')[1];
    expect(versionOf('temporal-schema')).toBe(versionOf('temporal'));
  });

  it('publishes ports on this machine only', () => {
    const portsOf = (project: Project) => entriesOf(project).flatMap(([, { ports = [] }]) => ports);
    const published = [...portsOf(demo), ...portsOf(observed)];
    expect(published.map((port) => port.host_ip)).toEqual(published.map(() => '127.0.0.1'));
    const numbers = (project: Project) =>
      portsOf(project)
        .map((port) => port.published)
        .sort();
    expect(numbers(demo)).toEqual(['3000', '3001', '3002', '3003', '8233', '9464']);
    expect(numbers(observed)).toEqual(['3000', '3004', '8233', '9090', '9464']);
  });

  it('runs ours on a read-only root, without rights, with a signal handler before it', () => {
    const ours = entriesOf(demo).filter(([, { build }]) => build !== undefined);
    expect(ours.map(([name]) => name).sort()).toEqual(['api', 'migrate', 'sandbox', 'shop', 'worker']);
    for (const [, service] of ours)
      expect(service).toMatchObject({
        read_only: true,
        init: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
  });

  it('restarts services and checks their health, and runs jobs once', () => {
    for (const [name, { restart, healthcheck }] of [...entriesOf(demo), ...entriesOf(observed)]) {
      expect([name, restart]).toEqual([name, JOBS.includes(name) ? undefined : 'unless-stopped']);
      expect([name, healthcheck !== undefined]).toEqual([name, !JOBS.includes(name)]);
    }
  });

  it('waits for the health of services and the end of jobs', () => {
    const waits = entriesOf(demo).flatMap(([, { depends_on: on = {} }]) => Object.entries(on));
    for (const [name, { condition }] of waits)
      expect([name, condition]).toEqual([
        name,
        JOBS.includes(name) ? 'service_completed_successfully' : 'service_healthy',
      ]);
    expect(new Set(waits.map(([name]) => name))).toEqual(new Set([...JOBS, 'postgres', 'temporal']));
  });

  it('has every secret in a file that its folder protects, and none in an environment', async () => {
    const secrets = Object.values(demo.secrets).map(({ file }) => readFileSync(file, 'utf8').trim());
    expect(new Set(secrets).size).toBe(13);
    for (const secret of secrets) expect(JSON.stringify(demo)).not.toContain(secret);
  });

  it('is refused by the judge where it is invalid, and where .env is missing', async () => {
    const folder = await folderOf('The demo');
    await rm(join(folder, '.env'));
    await expect(readProject(folder)).rejects.toThrow(/\.env/);
    const other = await folderOf('The demo');
    await appendFile(join(other, 'docker-compose.yml'), '\nvolume: {}\n');
    await expect(readProject(other)).rejects.toThrow(/volume.*not allowed/s);
  });
});

/** The environment, with the secrets read from their place on this machine. */
function withFiles({ secrets }: Project, service: Service | undefined): NodeJS.ProcessEnv {
  const fileOf = (path: string) => secrets[path.replace('/run/secrets/', '')]?.file ?? path;
  const variables = Object.entries(service?.environment ?? {});
  return Object.fromEntries(
    variables.map(([name, value]) => [name, name.endsWith('_FILE') ? fileOf(value ?? '') : (value ?? '')]),
  );
}
