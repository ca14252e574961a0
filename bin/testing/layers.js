/** The layers of the suite, in the order in which they run: a folder under test/ each, and what each needs. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../prepare.js';

const LAYERS = [
  { name: 'domain' },
  { name: 'gateways' },
  { name: 'sandbox' },
  { name: 'demo-shop' },
  { name: 'store', needs: ['postgres'] },
  { name: 'activities', needs: ['postgres'] },
  { name: 'background', needs: ['postgres'] },
  { name: 'telemetry' },
  { name: 'temporal', needs: ['temporal'] },
  { name: 'api', needs: ['postgres', 'temporal'] },
  { name: 'cli', needs: ['postgres', 'temporal'] },
  { name: 'replay' },
  { name: 'workflows', needs: ['timeSkipping', 'temporal'], inBand: true },
  { name: 'dev', needs: ['temporal'], inBand: true },
  { name: 'e2e', needs: ['temporal', 'postgres'], inBand: true },
  { name: 'browser', needs: ['temporal', 'chromium'], inBand: true },
];

/** Every layer; a folder with tests that no layer names is one of its own, so that no test is left out silently. */
export function allLayers() {
  const named = new Set(LAYERS.map(({ name }) => name));
  const entries = readdirSync(join(root, 'test'), { withFileTypes: true });
  const others = entries.filter((entry) => entry.isDirectory() && !named.has(entry.name));
  const unnamed = others.filter(({ name }) => testFiles(name).length > 0).map(({ name }) => ({ name }));
  const atTop = entries
    .filter((entry) => entry.isFile() && isTest(entry.name))
    .map(({ name }) => `test/${name}`);
  return [
    ...[...LAYERS, ...unnamed].map((layer) => ({
      needs: [],
      inBand: false,
      ...layer,
      files: testFiles(layer.name),
    })),
    ...(atTop.length > 0 ? [{ name: 'top', needs: [], inBand: false, files: atTop }] : []),
  ];
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
