/** Bundles the workflows with Temporal's own bundler, so that no process needs it at run time. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/**
 * Writes the bundles of the sources under `root` into `outdir`, where the programs are already.
 * @param {string} root
 * @param {string} outdir
 */
export async function bundleWorkflows(root, outdir) {
  const sources = await import(join(outdir, 'src', 'worker', 'workflow-sources.js'));
  const { BUNDLE_KINDS, bundleName, FAILURE_CONVERTER, failureConverterIn, workflowSources } = sources;
  const [from, to] = [join(root, 'src'), join(outdir, 'src')];
  const options = { logger: new DefaultLogger('WARN'), webpackConfigHook: asWritten };
  for (const kind of BUNDLE_KINDS) {
    const { code } = await bundleWorkflowCode({ ...workflowSources(from, kind), ...options });
    await writeFile(join(to, bundleName(kind)), code);
  }
  // The SDK requires it by its path, also where none of its packages is installed.
  await build({
    entryPoints: [failureConverterIn(from)],
    outfile: join(to, FAILURE_CONVERTER),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    logLevel: 'warning',
  });
}

/** By default the SDK compiles for Node 14. */
function asWritten(config) {
  for (const { use } of config.module.rules) if (use.options?.jsc) use.options.jsc.target = 'es2022';
  return config;
}
