import { join } from 'node:path';

/**
 * The bundles, which differ only in how failures are written. A bundle is made before it is known whether
 * payloads are encrypted, and workflow code can't read the environment.
 */
export const BUNDLE_NAMES = {
  plain: 'workflow-bundle.js',
  encrypting: 'workflow-bundle-encrypting.js',
} as const;

/** The options for Temporal's bundler, for a folder of sources. */
export function workflowSources(folder: string): {
  workflowsPath: string;
  payloadConverterPath: string;
  workflowInterceptorModules: string[];
} {
  const path = (name: string) => join(folder, 'workflows', `${name}.ts`);
  return {
    workflowsPath: path('index'),
    payloadConverterPath: path('payload-converter'),
    workflowInterceptorModules: [path('traces')],
  };
}

/** The module that hides the texts of failures, once it is built. */
export const FAILURE_CONVERTER = 'failure-converter.cjs';

/** Its source, of the same folder. */
export function failureConverterIn(folder: string): string {
  return join(folder, 'workflows', FAILURE_CONVERTER);
}
