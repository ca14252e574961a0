/**
 * Writes `dist/workflow-bundle.js` at build time, so that starting a worker needs no bundler. bin/prepare.js
 * runs it after tsc.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workflowSources } from './workflow-sources.ts';

const { code } = await bundleWorkflowCode({
  ...workflowSources(join(import.meta.dirname, '..')),
  logger: new DefaultLogger('WARN'),
});
await writeFile(join(import.meta.dirname, '..', 'workflow-bundle.js'), code);
