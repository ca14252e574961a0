/** Bundles the workflows with Temporal's own bundler, so that no process needs it at run time. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/**
 * Writes the bundle of the sources under `root` into `outdir`, where the programs are already.
 * @param {string} root
 * @param {string} outdir
 */
export async function bundleWorkflows(root, outdir) {
  const { workflowSources } = await import(join(outdir, 'src', 'worker', 'workflow-sources.js'));
  const { code } = await bundleWorkflowCode({
    ...workflowSources(join(root, 'src')),
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: asWritten,
  });
  await writeFile(join(outdir, 'src', 'workflow-bundle.js'), code);
}

/** By default the SDK compiles for Node 14. */
function asWritten(config) {
  for (const { use } of config.module.rules) if (use.options?.jsc) use.options.jsc.target = 'es2022';
  return config;
}
