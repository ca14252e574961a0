/** The Dockerfile: what starts a process from its image, and the files of the image. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Copy, DockerfileParser, type Dockerfile, type Instruction } from 'dockerfile-ast';
import { ROOT } from './compose.ts';

export interface Image {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly healthCheck: readonly string[];
}

interface Stage {
  readonly name: string;
  /** An image, or the name of a stage. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

export const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const WORKDIR = '/app/';
/** `npm test` has run the commands of this stage in this checkout before any test. */
const DONE_HERE = 'build';

export function parsedDockerfile(): Dockerfile {
  return DockerfileParser.parse(DOCKERFILE);
}

export function stages(): Stage[] {
  const found: (Stage & { instructions: Instruction[] })[] = [];
  const froms = parsedDockerfile().getFROMs();
  for (const each of parsedDockerfile().getInstructions()) {
    const from = each.getKeyword() === 'FROM' ? froms[found.length] : undefined;
    if (from !== undefined)
      found.push({ name: from.getBuildStage() ?? '', base: from.getImage() ?? '', instructions: [] });
    else found.at(-1)?.instructions.push(each);
  }
  return found;
}

/** What the last stage says about its processes. */
export function readImage(): Image {
  const all = stages().at(-1)?.instructions ?? [];
  const last = (keyword: string) => all.findLast((each) => each.getKeyword() === keyword);
  const properties = parsedDockerfile()
    .getENVs()
    .flatMap((env) => env.getProperties());
  return {
    entrypoint: wordsOf(last('ENTRYPOINT')?.getArgumentsContent()),
    command: wordsOf(last('CMD')?.getArgumentsContent()),
    env: Object.fromEntries(properties.map((property) => [property.getName(), property.getValue() ?? ''])),
    user: last('USER')?.getArgumentsContent() ?? undefined,
    healthCheck: wordsOf(/CMD (\[.*\])/s.exec(last('HEALTHCHECK')?.getArgumentsContent() ?? '')?.[1]),
  };
}

/** Of the exec form. The shell form has none, since there a shell would get the signals. */
function wordsOf(json: string | null | undefined): string[] {
  return json?.startsWith('[') === true ? (JSON.parse(json) as string[]) : [];
}

/**
 * A new folder with what the image has in /app, made by the Dockerfile's own commands. The caller removes it.
 */
export async function buildTree(): Promise<string> {
  const [image] = stages().slice(-1);
  const folder = await newFolder();
  // Only the owner may write, as in the image.
  await chmod(folder, 0o755);
  for (const each of image?.instructions ?? []) if (each instanceof Copy) await copy(each, folder);
  return folder;
}

async function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'paidonce-image-'));
}

/** Runs a stage, and before it the stages on which it is based. */
async function runStage(name: string, folder: string): Promise<void> {
  const stage = stages().find((each) => each.name === name);
  if (stage === undefined) return;
  await runStage(stage.base, folder);
  for (const each of stage.instructions) {
    if (each instanceof Copy) await copy(each, folder);
    if (each.getKeyword() === 'RUN')
      await promisify(execFile)('sh', ['-euc', each.getArgumentsContent() ?? ''], { cwd: folder });
  }
}

async function copy(instruction: Copy, folder: string): Promise<void> {
  const words = instruction.getArguments().map((word) => word.getValue());
  const target = words.pop() ?? '';
  // The certificates of the system.
  if (target.startsWith('/')) return;
  const from = instruction.getFromFlag()?.getValue() ?? null;
  const made = from === null || from === DONE_HERE ? null : await newFolder();
  try {
    if (made !== null) await runStage(from ?? '', made);
    for (const word of words) {
      const source = join(made ?? ROOT, word.replace(WORKDIR, ''));
      const isInto = target.endsWith('/');
      const place = join(folder, target, isInto ? basename(source) : '');
      await mkdir(dirname(place), { recursive: true });
      await cp(source, place, { recursive: true, verbatimSymlinks: true });
    }
  } finally {
    if (made !== null) await rm(made, { recursive: true, force: true });
  }
}
