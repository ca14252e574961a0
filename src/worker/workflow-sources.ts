import { extname, join } from 'node:path';

/** The options for Temporal's bundler, for a folder of sources or of compiled files. */
export function workflowSources(folder: string): { workflowsPath: string; payloadConverterPath: string } {
  const extension = extname(import.meta.filename);
  const path = (name: string) => join(folder, 'workflows', `${name}${extension}`);
  return { workflowsPath: path('index'), payloadConverterPath: path('payload-converter') };
}
