/** Writes `dist/workflow-bundle.js` at build time: starting a worker then needs no bundler. Run by bin/prepare.js after tsc. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workflowSources } from './workflow-sources.ts';

const { code } = await bundleWorkflowCode({
  ...workflowSources(join(import.meta.dirname, '..')),
  logger: new DefaultLogger('WARN'),
});
await writeFile(join(import.meta.dirname, '..', 'workflow-bundle.js'), code);
