/**
 * The blocks of our workflow code that a replay has run, by V8's own count: the replayer runs workflows in
 * this same thread.
 */
import { Session } from 'node:inspector/promises';
import { SourceMap } from 'node:module';
import { relative } from 'node:path';
import type { WorkflowBundle } from '@temporalio/worker';
import { workflowDeclarations, type Declaration } from './sources.ts';

/** A block that no replay has run: a branch, a right-hand side, a function. `line` counts from 1. */
export interface Block {
  /** `src/workflows/look.ts` */
  readonly file: string;
  readonly line: number;
  /** Its text in the source, with white space reduced to single spaces. */
  readonly code: string;
}

/**
 * Runs `replay`, and returns the blocks of `src/workflows`, and of the parts of `src/domain` that they call,
 * that it has not run.
 */
export async function uncoveredBy(
  root: string,
  bundle: WorkflowBundle,
  replay: () => Promise<void>,
): Promise<Block[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  try {
    await replay();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const scripts = result.filter(({ url }) => /workflow-bundle-\w+\.js$/.test(url));
    return blocksOf(root, bundle.code, scripts);
  } finally {
    await session.post('Profiler.stopPreciseCoverage');
    session.disconnect();
  }
}

interface Script {
  readonly functions: readonly {
    readonly ranges: readonly {
      readonly startOffset: number;
      readonly endOffset: number;
      readonly count: number;
    }[];
  }[];
}

/**
 * Every replay compiles the bundle again, so there are as many scripts as replays. A block counts as run if
 * one of them has run it.
 */
function blocksOf(root: string, code: string, scripts: readonly Script[]): Block[] {
  if (scripts.length === 0) throw new Error('V8 counted nothing of the workflow bundle: was it replayed?');
  const hasRun = new Uint8Array(code.length);
  for (const script of scripts) {
    const counted = countsOf(code.length, script);
    for (let at = 0; at < code.length; at += 1) if (counted[at] === 1) hasRun[at] = 1;
  }
  const places = new Places(root, code);
  const declarations = workflowDeclarations(root);
  const blocks = segmentsOf(hasRun).flatMap(([from, to]) => places.blockOf(from, to) ?? []);
  return blocks.filter((block) => isOurs(block, declarations));
}

/** Ranges come from the outside in; an inner range overrides an outer one. */
function countsOf(length: number, { functions }: Script): Uint8Array {
  const counted = new Uint8Array(length).fill(1);
  const ranges = functions.flatMap(({ ranges: own }) => own);
  const bySize = ranges.toSorted(
    (one, other) => other.endOffset - other.startOffset - (one.endOffset - one.startOffset),
  );
  for (const { startOffset, endOffset, count } of bySize)
    counted.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return counted;
}

function segmentsOf(hasRun: Uint8Array): [number, number][] {
  const segments: [number, number][] = [];
  for (let at = hasRun.indexOf(0); at !== -1; at = hasRun.indexOf(0, at)) {
    const next = hasRun.indexOf(1, at);
    const end = next === -1 ? hasRun.length : next;
    segments.push([at, end]);
    at = end;
    if (next === -1) break;
  }
  return segments;
}

function isOurs({ file, line }: Block, declarations: readonly Declaration[]): boolean {
  return declarations.some(
    (declaration) =>
      declaration.file === file && declaration.firstLine <= line && line <= declaration.lastLine,
  );
}

/** From an offset in the bundle to a place in our sources. */
class Places {
  readonly #root: string;
  readonly #code: string;
  readonly #map: SourceMap;
  readonly #lineStarts: number[];

  constructor(root: string, code: string) {
    this.#root = root;
    this.#code = code;
    const inline = /\/\/# sourceMappingURL=data:application\/json;charset=utf-8;base64,(\S+)\s*$/.exec(code);
    if (inline === null) throw new Error('the workflow bundle has no source map in it');
    this.#map = new SourceMap(JSON.parse(Buffer.from(inline[1] as string, 'base64').toString('utf8')));
    this.#lineStarts = [0, ...[...code.matchAll(/\n/g)].map(({ index }) => index + 1)];
  }

  blockOf(from: number, to: number): Block | null {
    const text = this.#code.slice(from, to);
    // Code that webpack adds to a module, and a closing brace, belong to no block.
    if (/\/\* (binding|reexport) /.test(text) || !/[\w'"]/.test(text)) return null;
    const first = from + text.search(/[^\s{}();:?&|]/);
    const start = this.#sourceOf(first);
    if (start === null) return null;
    return { file: start.file, line: start.line, code: text.replace(/\s+/g, ' ').trim() };
  }

  #sourceOf(offset: number): { file: string; line: number } | null {
    const line = this.#lineStarts.findLastIndex((start) => start <= offset);
    const entry = this.#map.findEntry(line, offset - (this.#lineStarts[line] as number));
    if (!('originalSource' in entry) || entry.originalSource === undefined) return null;
    return { file: relative(this.#root, entry.originalSource), line: entry.originalLine + 1 };
  }
}
