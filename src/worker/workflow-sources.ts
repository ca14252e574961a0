import { join } from 'node:path';

/** The options for Temporal's bundler, for a folder of sources. */
export function workflowSources(folder: string): { workflowsPath: string; payloadConverterPath: string } {
  const path = (name: string) => join(folder, 'workflows', `${name}.ts`);
  return { workflowsPath: path('index'), payloadConverterPath: path('payload-converter') };
}
