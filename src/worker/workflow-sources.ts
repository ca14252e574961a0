import { extname, join } from 'node:path';

/** What Temporal's bundler is given of the sources, or of what was built of them, in a folder. */
export function workflowSources(folder: string): { workflowsPath: string; payloadConverterPath: string } {
  const extension = extname(import.meta.filename);
  const path = (name: string) => join(folder, 'workflows', `${name}${extension}`);
  return { workflowsPath: path('index'), payloadConverterPath: path('payload-converter') };
}
