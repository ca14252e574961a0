/**
 * Bundles what runs in production with esbuild, one file per program and their shared parts in
 * dist/chunks. docs/adr/0028 says why.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Programs, and the modules that tests and bin/ load one by one. dist/ mirrors the repository. */
const ENTRIES = [
  'src/cli/main.ts',
  'sandbox/start.ts',
  'demo-shop/start.ts',
  'dev/start.ts',
  'dev/temporal-cli.ts',
  'src/store/claim-payment.ts',
  'src/store/directory-lock.ts',
  'src/store/migrations.ts',
  'src/store/open.ts',
  'src/temporal/connect.ts',
  'src/worker/workflow-sources.ts',
];

/**
 * Packages that stay in node_modules, since they load files of their own at run time: native code,
 * WebAssembly, worker threads, the page of the API documentation. They are the `dependencies` of
 * package.json; everything else is bundled (test/cli/production-tree.test.ts).
 */
export const UNBUNDLED = [
  '@electric-sql/pglite',
  '@temporalio/core-bridge',
  'pino',
  'pino-pretty',
  'source-map',
  'swagger-ui-dist',
];

/** Only tried, and absent from production: by `dev/temporal-cli.ts`, by `pg`, and by `ws` (two). */
export const OPTIONAL = ['@temporalio/testing', 'pg-native', 'bufferutil', 'utf-8-validate'];

/** CommonJS packages call `require` for Node's own modules, which ES modules do not have. */
const REQUIRE = `import { createRequire as makeRequire } from 'node:module';
const require = makeRequire(import.meta.url);`;

/**
 * Compiles and bundles into `outdir`. Returns esbuild's metafile: which file has which import.
 * @param {string} root
 * @param {string} outdir
 */
export async function bundlePrograms(root, outdir) {
  const { build } = await import('esbuild');
  const sdk = dirname(require.resolve('@temporalio/worker'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      ...ENTRIES.map((path) => ({ in: path, out: path.replace(/\.ts$/, '') })),
      // The SDK starts its thread from a file beside the one that starts it.
      { in: join(sdk, 'workflow', 'workflow-worker-thread.js'), out: join(CHUNKS, 'workflow-worker-thread') },
    ],
    outdir,
    chunkNames: `${CHUNKS}/[name]-[hash]`,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // From its sources: the demo shop needs no built client.
    alias: { '@paidonce/client': join(root, 'client', 'src', 'index.ts') },
    external: [...UNBUNDLED, ...OPTIONAL, './workflow-worker-thread'],
    plugins: [kitStaysAside, nativePartStays, noWorkflowBundler],
    banner: { js: REQUIRE },
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

const CHUNKS = 'chunks';

/** kit/ is plain JavaScript that bin/ runs too. Every file that imports it is two folders deep. */
const kitStaysAside = {
  name: 'kit stays aside',
  setup({ onResolve }) {
    onResolve({ filter: /\/kit\/[a-z-]+\.js$/ }, ({ path }) => ({
      path: path.replace(/^.*\/kit\//, '../../kit/'),
      external: true,
    }));
  },
};

/** Only `common.js` of the native part looks for files beside itself. The rest would load gRPC a second time. */
const nativePartStays = {
  name: 'native part stays',
  setup({ onResolve }) {
    const [bridge, common] = ['@temporalio/core-bridge', '@temporalio/core-bridge/common'];
    onResolve({ filter: /^@temporalio\/core-bridge$/ }, () => ({ path: require.resolve(bridge) }));
    onResolve({ filter: /^\.\/common$/ }, ({ importer }) =>
      importer === require.resolve(bridge) ? { path: common, external: true } : undefined,
    );
  },
};

/** The SDK loads webpack and swc wherever a Worker is made. Ours get a bundle that is made at build time. */
const noWorkflowBundler = {
  name: 'no workflow bundler',
  setup({ onLoad }) {
    const filter = /@temporalio[\\/]worker[\\/]lib[\\/]workflow[\\/]bundler\.js$/;
    onLoad({ filter }, () => ({ contents: NO_BUNDLER }));
  },
};

const NO_BUNDLER = `
exports.defaultWorkflowInterceptorModules = [];
exports.WorkflowCodeBundler = class {
  constructor() {
    throw new Error('this build bundles no workflows: give the Worker dist/src/workflow-bundle.js');
  }
};
`;
