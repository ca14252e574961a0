/** The statements of the Dockerfile's last stage about the processes that are started from its image. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser, type Dockerfile, type JSONInstruction } from 'dockerfile-ast';
import { ROOT } from './compose.ts';

export interface Image {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
}

export const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

export function parsedDockerfile(): Dockerfile {
  return DockerfileParser.parse(DOCKERFILE);
}

export function readImage(): Image {
  const parsed = parsedDockerfile();
  const from = parsed.getFROMs().at(-1)?.getRange()?.start.line ?? 0;
  const last = <Instruction extends { getRange(): { start: { line: number } } | null }>(all: Instruction[]) =>
    all.filter((each) => (each.getRange()?.start.line ?? 0) > from);
  const properties = last(parsed.getENVs()).flatMap((env) => env.getProperties());
  return {
    entrypoint: wordsOf(last(parsed.getENTRYPOINTs()).at(-1)),
    command: wordsOf(last(parsed.getCMDs()).at(-1)),
    env: Object.fromEntries(properties.map((property) => [property.getName(), property.getValue() ?? ''])),
    user:
      last(parsed.getInstructions().filter((each) => each.getKeyword() === 'USER'))
        .at(-1)
        ?.getArgumentsContent() ?? undefined,
  };
}

/** Of the exec form. The shell form has none, since there a shell would get the signals. */
function wordsOf(instruction: JSONInstruction | undefined): string[] {
  return instruction?.getJSONStrings().map((word) => word.getJSONValue()) ?? [];
}
