/**
 * Workflow code as a tree: the files of `src/workflows`, and the parts of `src/domain` that they call,
 * followed by name over imports.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from '@swc/core';

/** One node of swc's tree; `span` counts bytes from 1. */
export interface Node {
  readonly type: string;
  readonly span: { readonly start: number; readonly end: number };
  readonly [key: string]: unknown;
}

/** A function, constant or other statement at the top of a file. */
export interface Declaration {
  /** `src/workflows/look.ts` */
  readonly file: string;
  /** The names that it declares: a function's name, or those of a statement's constants. */
  readonly names: readonly string[];
  readonly node: Node;
  readonly firstLine: number;
  readonly lastLine: number;
}

interface SourceFile {
  readonly declarations: readonly Declaration[];
  /** From a local name to the file that it comes from and its name there. */
  readonly imports: ReadonlyMap<string, { readonly file: string; readonly name: string }>;
}

/** Every declaration of `src/workflows`, and each of `src/domain` that one of these needs. */
export function workflowDeclarations(root: string): Declaration[] {
  const files = new Map(
    ['src/workflows', 'src/domain']
      .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
      .map((file) => [file, parse(root, file)]),
  );
  const reached = new Set<Declaration>();
  const reach = (declaration: Declaration): void => {
    if (reached.has(declaration)) return;
    reached.add(declaration);
    for (const needed of neededBy(declaration, files)) reach(needed);
  };
  for (const [file, { declarations }] of files)
    if (file.startsWith('src/workflows/')) for (const declaration of declarations) reach(declaration);
  return [...reached];
}

function neededBy({ file, node }: Declaration, files: ReadonlyMap<string, SourceFile>): Declaration[] {
  const { imports } = files.get(file) as SourceFile;
  const names = new Set<string>();
  walk(node, (inner) => {
    if (inner.type === 'Identifier') names.add(inner['value'] as string);
  });
  return [...names].flatMap((name) => {
    const from = imports.get(name) ?? { file, name };
    return files.get(from.file)?.declarations.filter((other) => other.names.includes(from.name)) ?? [];
  });
}

function parse(root: string, file: string): SourceFile {
  const text = readFileSync(join(root, file));
  const { body } = parseSync(text.toString('utf8'), { syntax: 'typescript', target: 'es2022' });
  const nodes = body as unknown as Node[];
  const imports = new Map<string, { file: string; name: string }>();
  for (const node of nodes.filter(({ type }) => type === 'ImportDeclaration')) {
    const from = normalize(join(dirname(file), (node['source'] as { value: string }).value));
    for (const { local, imported } of node['specifiers'] as Specifier[])
      imports.set(local.value, { file: from, name: imported?.value ?? local.value });
  }
  const lineOf = (offset: number) => text.subarray(0, offset - 1).filter((byte) => byte === 10).length + 1;
  const declarations = nodes
    .filter(({ type }) => type !== 'ImportDeclaration')
    .map((node) => ({
      file,
      names: namesOf(node),
      node,
      firstLine: lineOf(node.span.start),
      lastLine: lineOf(node.span.end),
    }));
  return { declarations, imports };
}

interface Specifier {
  readonly local: { readonly value: string };
  readonly imported: { readonly value: string } | null;
}

function namesOf(node: Node): string[] {
  const declaration = (node['declaration'] as Node | undefined) ?? node;
  const identifier = declaration['identifier'] as { value: string } | undefined;
  if (identifier !== undefined) return [identifier.value];
  const names: string[] = [];
  for (const { id } of (declaration['declarations'] as { id: Node }[] | undefined) ?? [])
    walk(id, (inner) => {
      if (inner.type === 'Identifier') names.push(inner['value'] as string);
    });
  return names;
}

/**
 * Calls `visit` with a node and its children, except types, and the children of a node for which it returns
 * false.
 */
export function walk(node: unknown, visit: (node: Node) => boolean | void): void {
  if (Array.isArray(node)) for (const one of node) walk(one, visit);
  else if (typeof node === 'object' && node !== null) {
    const { type } = node as Partial<Node>;
    if (type?.startsWith('Ts') && !WITH_VALUES.has(type)) return;
    if (type !== undefined && visit(node as Node) === false) return;
    for (const inner of Object.values(node)) walk(inner, visit);
  }
}

/** The line of the source, without its indentation. */
export function sourceLine(root: string, { file, line }: { file: string; line: number }): string {
  return readFileSync(join(root, file), 'utf8').split('\n')[line - 1]?.trim() ?? '';
}

/** Nodes of TypeScript that contain an expression: `x as Y`, `x!`, `x satisfies Y`, `as const`. */
const WITH_VALUES = new Set([
  'TsAsExpression',
  'TsNonNullExpression',
  'TsSatisfiesExpression',
  'TsConstAssertion',
]);
