/** Writes `dist/workflow-bundle.js` at build time: starting a worker then needs no bundler. Run by bin/prepare.js after tsc. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const { code } = await bundleWorkflowCode({
  workflowsPath: join(import.meta.dirname, '..', 'workflows', 'index.js'),
  logger: new DefaultLogger('WARN'),
});
await writeFile(join(import.meta.dirname, '..', 'workflow-bundle.js'), code);
