import { join } from 'node:path';

/** What a deployment has switched on. Workflow code can't read the environment, so each has a bundle. */
export interface BundleKind {
  /** Failures are written without their texts. */
  readonly isEncrypted: boolean;
  /** Activities get the trace of the message that causes them. */
  readonly isTraced: boolean;
}

/** The bundles, which have the same workflows. */
export const BUNDLE_KINDS: readonly BundleKind[] = [false, true].flatMap((isEncrypted) =>
  [false, true].map((isTraced) => ({ isEncrypted, isTraced })),
);

/** `workflow-bundle.js`, `workflow-bundle-encrypting-traced.js` */
export function bundleName({ isEncrypted, isTraced }: BundleKind): string {
  return `workflow-bundle${isEncrypted ? '-encrypting' : ''}${isTraced ? '-traced' : ''}.js`;
}

/** The options for Temporal's bundler, for a folder of sources. */
export function workflowSources(
  folder: string,
  { isEncrypted, isTraced }: BundleKind = { isEncrypted: false, isTraced: false },
): {
  workflowsPath: string;
  payloadConverterPath: string;
  workflowInterceptorModules: string[];
  failureConverterPath?: string;
} {
  const path = (name: string) => join(folder, 'workflows', `${name}.ts`);
  return {
    workflowsPath: path('index'),
    payloadConverterPath: path('payload-converter'),
    workflowInterceptorModules: isTraced ? [path('traces')] : [],
    ...(isEncrypted && { failureConverterPath: failureConverterIn(folder) }),
  };
}

/** The module that hides the texts of failures, once it is built. */
export const FAILURE_CONVERTER = 'failure-converter.cjs';

/** Its source, of the same folder. */
export function failureConverterIn(folder: string): string {
  return join(folder, 'workflows', FAILURE_CONVERTER);
}
