/** deploy/kubernetes by kustomize and the types of Kubernetes, and compared with the product. No cluster runs here. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KNOWN_VARIABLES, readConfig } from '../../src/config/config.ts';
import { taskQueues, updatesTaskQueue } from '../../src/workflows/messages.ts';
import { readImage } from './support/image.ts';
import { ROOT } from './support/compose.ts';

const FOLDER = join(ROOT, 'deploy', 'kubernetes');
const MOUNT = '/run/secrets/paidonce/';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: object;
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly [probe: `${string}Probe`]:
    | { readonly httpGet: { readonly path: string; readonly port: string } }
    | undefined;
}

interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly terminationGracePeriodSeconds: number;
    readonly automountServiceAccountToken: boolean;
    readonly securityContext: { readonly runAsUser: number; readonly runAsNonRoot: boolean };
  };
}

interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

interface Kept {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
  // Only the fields that a test compares.
  readonly spec: {
    readonly template: Pod;
    readonly replicas?: number;
    readonly strategy: { readonly type: string };
    readonly selector: Selector;
    readonly podSelector: Selector;
    readonly scaleTargetRef: { readonly name: string };
    readonly triggers: readonly { readonly metadata: Readonly<Record<string, string>> }[];
    readonly ports: readonly { readonly targetPort: string }[];
  };
}

async function judge(folder: string): Promise<Kept[]> {
  const executable = process.env['KUBERNETES_JUDGE'];
  if (executable === undefined)
    throw new Error('KUBERNETES_JUDGE is not set: npm test -- --layer deploy builds the judge');
  return JSON.parse((await promisify(execFile)(executable, [folder])).stdout) as Kept[];
}

let production: Kept[];
let migrate: Kept[];

beforeAll(async () => {
  production = await judge(join(FOLDER, 'overlays', 'production'));
  migrate = await judge(join(FOLDER, 'overlays', 'production', 'migrate'));
});

function all(kind: string, objects = production): Kept[] {
  const found = objects.filter((each) => each.kind === kind);
  expect(found).not.toEqual([]);
  return found;
}

function pods(): { readonly object: Kept; readonly pod: Pod; readonly container: Container }[] {
  return [...all('Deployment'), ...all('Job', migrate)].map((object) => {
    const pod = object.spec.template;
    return { object, pod, container: pod.spec.containers[0] as Container };
  });
}

function settings(): Readonly<Record<string, string>> {
  return all('ConfigMap')[0]?.data ?? {};
}

describe('deploy/kubernetes', () => {
  it('has only fields that Kubernetes, KEDA and the Prometheus Operator know', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'paidonce-kubernetes-'));
    await cp(FOLDER, folder, { recursive: true });
    const wrong = [
      ['base/api.yaml', 'readOnlyRootFilesystem', 'readOnlyRootFileSystem'],
      ['overlays/production/scaling.yaml', 'cooldownPeriod', 'coolDownPeriod'],
      ['overlays/production/monitor.yaml', 'interval:', 'intervall:'],
    ] as const;
    for (const [file, right, planted] of wrong) {
      const text = await readFile(join(folder, file), 'utf8');
      await writeFile(join(folder, file), text.replace(right, planted));
      await expect(judge(join(folder, 'overlays', 'production'))).rejects.toThrow(planted.replace(':', ''));
      await writeFile(join(folder, file), text);
    }
    await rm(folder, { recursive: true });
  });

  it('starts what the image has, as its user, with nothing to write', () => {
    const image = readImage();
    const roles = pods().map(({ container }) => container.args.join(' '));
    expect(roles.toSorted()).toEqual(['api', 'migrate', 'worker']);
    const [uid] = (image.user ?? '').split(':').map(Number);
    for (const { pod, container } of pods()) {
      expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: uid });
      expect(pod.spec.automountServiceAccountToken).toBe(false);
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.image).toMatch(/^registry\.shop\.example\/paidonce:.+/);
      expect(container.resources.limits.memory).toMatch(/^\d/);
    }
  });

  it('gives settings that the product accepts, and secrets as files that are mounted', () => {
    const names = Object.keys(settings());
    const unknown = names.filter((name) => !KNOWN_VARIABLES.includes(name.replace(/_FILE$/, '')));
    expect(unknown).toEqual([]);
    const secrets: Record<string, string> = {
      DATABASE_URL: 'postgresql://paidonce:secret@postgres:5432/paidonce',
      API_KEYS: 'key_0123456789abcdef0123456789',
      ORDER_WEBHOOK_SECRETS: 'whsec_ZTJlLXdlYmhvb2stc2VjcmV0LTAwMDE=',
    };
    const env = Object.entries(settings()).map(([name, value]) => {
      if (!name.endsWith('_FILE')) return [name, value];
      expect(value).toBe(MOUNT + name.replace(/_FILE$/, '').toLowerCase());
      const variable = name.replace(/_FILE$/, '');
      return [variable, secrets[variable] ?? 'a-secret-of-the-gateway-0001'];
    });
    const config = readConfig(Object.fromEntries(env) as NodeJS.ProcessEnv);
    expect(config).toMatchObject({ ADMIN_HOST: '0.0.0.0', TRUST_PROXY: 1 });
    const map = all('ConfigMap')[0]?.metadata.name;
    for (const { container } of pods()) {
      expect(container.envFrom).toEqual([{ configMapRef: { name: map } }]);
      expect(container.volumeMounts.map(({ mountPath }) => `${mountPath}/`)).toContain(MOUNT);
    }
  });

  it('asks for the health of each process on the ports of the settings', () => {
    const { PORT, ADMIN_PORT } = settings();
    for (const { object, container } of pods().filter(({ object: { kind } }) => kind === 'Deployment')) {
      const ports = Object.fromEntries(
        (container.ports ?? []).map(({ name, containerPort }) => [name, containerPort]),
      );
      expect(ports['admin']).toBe(Number(ADMIN_PORT));
      if (object.metadata.name === 'paidonce-api') expect(ports['http']).toBe(Number(PORT));
      const paths = (['startup', 'liveness', 'readiness'] as const).map(
        (name) => container[`${name}Probe`]?.httpGet,
      );
      expect(paths).toEqual([
        { path: '/healthz', port: 'admin' },
        { path: '/healthz', port: 'admin' },
        { path: '/readyz', port: 'admin' },
      ]);
    }
    for (const { spec } of all('Service'))
      for (const { targetPort } of spec.ports) expect(['http', 'admin']).toContain(targetPort);
  });

  it('lets a process end by itself, and no two builds of the worker share runs', () => {
    for (const { pod } of pods()) expect(pod.spec.terminationGracePeriodSeconds).toBe(45);
    const worker = all('Deployment').find(({ metadata }) => metadata.name === 'paidonce-worker');
    expect(worker?.spec.strategy.type).toBe('Recreate');
    expect(settings()['TEMPORAL_WORKER_BUILD_ID']).toBeUndefined();
  });

  it('selects pods that exist, and leaves their number to the autoscalers', () => {
    const labels = pods().map(({ pod }) => pod.metadata.labels);
    const selectors = [...all('Service'), ...all('PodDisruptionBudget'), ...all('NetworkPolicy')].map(
      ({ spec }) => spec.podSelector ?? spec.selector,
    );
    for (const selector of selectors) {
      const wanted = Object.entries(selector.matchLabels ?? selector);
      expect(labels.some((own) => wanted.every(([name, value]) => own[name] === value))).toBe(true);
    }
    const scaled = [...all('HorizontalPodAutoscaler'), ...all('ScaledObject')].map(
      ({ spec }) => spec.scaleTargetRef.name,
    );
    expect(scaled.toSorted()).toEqual(
      all('Deployment')
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    );
    for (const { spec } of all('Deployment')) expect(spec.replicas).toBeUndefined();
  });

  it('scales workers by the backlog of every queue of the gateways in its settings', () => {
    const triggers = all('ScaledObject')[0]?.spec.triggers.map(({ metadata }) => metadata) ?? [];
    const queue = 'payments';
    const { checkout, background } = taskQueues(queue, 'dintero');
    const polled = [queue, checkout, background, updatesTaskQueue(queue)];
    expect(triggers.map(({ taskQueue }) => taskQueue)).toEqual(polled);
    const { TEMPORAL_ADDRESS: endpoint, TEMPORAL_NAMESPACE: namespace } = settings();
    for (const trigger of triggers) expect(trigger).toMatchObject({ endpoint, namespace });
  });
});
