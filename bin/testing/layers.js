/** The layers of the suite, in their starting order. Each is a folder under test/, with what it needs. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../prepare.js';

/**
 * `apart`: each file runs in a process of its own, because it starts processes or servers; at most `atOnce`
 * of them at a time. `load`: the measured share of a core that one process of the layer uses. `loads`: the
 * same for single files. A file that measures a promise in seconds has a higher value, to have fewer
 * neighbours. `first`: the long files, which start first.
 */
const LAYERS = [
  { name: 'lib' },
  { name: 'domain' },
  { name: 'config' },
  { name: 'model', needs: ['timeSkipping'], apart: true, atOnce: 1, load: 1.7, loads: { server: 1.2 } },
  { name: 'gateways', needs: ['postgres', 'embedded'] },
  { name: 'sandbox', needs: ['curl'] },
  { name: 'client' },
  { name: 'demo-shop' },
  { name: 'temporal', needs: ['postgres', 'embedded', 'temporal'] },
  { name: 'telemetry', needs: ['postgres', 'embedded'] },
  {
    name: 'workflows',
    needs: ['timeSkipping', 'temporal', 'postgres', 'embedded'],
    apart: true,
    atOnce: 1,
    load: 0.7,
    loads: { 'closing-races': 1.2 },
  },
  {
    name: 'e2e',
    needs: ['temporal', 'postgres', 'embedded', 'jq'],
    apart: true,
    load: 0.5,
    loads: {
      silence: 1.5,
      'stripe-flood': 2.2,
      'crash-points': 1.4,
      merchant: 1,
      'kill-apart': 1,
      'kill-embedded': 0.9,
      'stripe-late-money': 0.9,
      'stripe-permutations': 0.9,
      'late-money': 0.9,
      versions: 0.7,
      money: 0.45,
      'psp-trouble': 0.45,
      hanging: 0.35,
      'two-apis': 0.35,
      outages: 0.8,
    },
    first: [
      'stripe-flood',
      'crash-points',
      'outages',
      'money',
      'kill-embedded',
      'kill-apart',
      'silence',
      'psp-trouble',
      'merchant',
      'restore',
      'versions',
    ],
  },
  {
    name: 'deploy',
    needs: [
      'temporal',
      'temporalServer',
      'compose',
      'kubernetes',
      'postgres',
      'embedded',
      'postgresPrograms',
      'images',
      'proxy',
      'systemd',
    ],
    apart: true,
    load: 0.5,
  },
  { name: 'dev', needs: ['temporal'], apart: true, load: 0.5, first: ['start'] },
  { name: 'api', needs: ['postgres', 'embedded', 'python'], load: 0.8 },
  { name: 'store', needs: ['postgres', 'embedded'] },
  { name: 'activities', needs: ['postgres', 'embedded'] },
  { name: 'updates', needs: ['postgres', 'embedded'] },
  { name: 'background', needs: ['postgres', 'embedded'], load: 0.5 },
  { name: 'health', needs: ['postgres', 'embedded'] },
  { name: 'cli', needs: ['postgres', 'embedded', 'temporal'] },
  { name: 'replay' },
  { name: 'examples', needs: ['examples'], load: 0.5 },
  { name: 'browser', needs: ['temporal', 'chromium'], apart: true, load: 0.5 },
];
const DEFAULTS = {
  needs: [],
  apart: false,
  load: 1,
  loads: {},
  atOnce: Infinity,
  first: [],
};

/**
 * Every layer with its files. A folder with tests that no layer names becomes a layer, so that no test is
 * left out silently.
 */
export function allLayers() {
  const named = new Set(LAYERS.map(({ name }) => name));
  const entries = readdirSync(join(root, 'test'), { withFileTypes: true });
  const others = entries.filter((entry) => entry.isDirectory() && !named.has(entry.name));
  const unnamed = others.filter(({ name }) => testFiles(name).length > 0).map(({ name }) => ({ name }));
  const atTop = entries
    .filter((entry) => entry.isFile() && isTest(entry.name))
    .map(({ name }) => `test/${name}`);
  return [
    ...[...LAYERS, ...unnamed].map((layer) => withFiles({ ...DEFAULTS, ...layer })),
    ...(atTop.length > 0 ? [{ ...DEFAULTS, name: 'top', loads: new Map(), files: atTop }] : []),
  ];
}

/** The longest files first: the last file to start should not be the one that everything waits for. */
function withFiles(layer) {
  const pathOf = (name) => join('test', layer.name, `${name}.test.ts`);
  const first = layer.first.map(pathOf);
  const rank = (file) => first.indexOf(file) + 1 || first.length + 1;
  const files = testFiles(layer.name).sort();
  const loads = new Map(Object.entries(layer.loads).map(([name, load]) => [pathOf(name), load]));
  return { ...layer, loads, files: files.sort((one, other) => rank(one) - rank(other)) };
}

function testFiles(layer) {
  const folder = join(root, 'test', layer);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter(isTest)
    .map((file) => join('test', layer, file));
}

function isTest(file) {
  return /\.test\.tsx?$/.test(file);
}
