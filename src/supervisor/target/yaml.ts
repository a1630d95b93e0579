// YAML as data, with the place where each value was written.
//
// YAML 1.2 core: `no` and `on` are text, `<<` merges nothing, a tag means nothing, a directive changes
// nothing of that. A number that would be printed in another way than it was written (0123, 1.10) stays
// text. Bounded: 100,000 values after aliases are followed, 64 levels.

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import type { Problem } from './problems.js';

const MOST_VALUES = 100_000;
const DEEPEST = 64;

/** A line and a column, from 1. */
export interface Place {
  line: number;
  col: number;
}

/** What a text says, and what is wrong with it. */
export interface Located {
  value: unknown;
  /** Where that field is, or the nearest one around it. */
  placeOf(path: readonly PropertyKey[]): Place;
  /** Not valid as YAML; `value` is not to be used then. */
  problems: (Problem & { place: Place })[];
}

class Walk {
  readonly offsets = new Map<string, number>();
  readonly problems: (Problem & { offset: number })[] = [];
  readonly #anchors = new Map<string, Node>();
  #left = MOST_VALUES;

  value(node: unknown, path: readonly string[]): unknown {
    const offset = offsetOf(node);
    if (this.#left-- <= 0 || path.length > DEEPEST) {
      const what = path.length > DEEPEST ? 'levels' : 'values, aliases counted each time,';
      const most = path.length > DEEPEST ? DEEPEST : MOST_VALUES;
      if (this.problems.length === 0)
        this.#refuse(path, `more than ${String(most)} ${what} in all`, offset);
      return null;
    }
    if (isAlias(node)) {
      const meant = this.#anchors.get(node.source);
      if (meant === undefined) this.#refuse(path, `no anchor "${node.source}" before this`, offset);
      return this.value(meant, path);
    }
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isSeq(node))
      return node.items.map((item, index) => {
        const at = [...path, String(index)];
        this.offsets.set(keyOf(at), offsetOf(item));
        return this.value(item, at);
      });
    if (isMap(node)) return this.#mapping(node.items, path);
    const { value, source } = node;
    return typeof value === 'number' && source !== undefined && String(value) !== source
      ? source
      : value;
  }

  #mapping(items: readonly { key: unknown; value: unknown }[], path: readonly string[]): unknown {
    const mapping: Record<string, unknown> = {};
    for (const { key, value } of items) {
      const offset = offsetOf(key);
      if (!isScalar(key)) {
        this.#refuse(path, 'expected a name before the colon', offset);
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      const at = [...path, name];
      if (name === '__proto__') this.#refuse(at, 'is no usable name', offset);
      else if (Object.hasOwn(mapping, name)) this.#refuse(at, 'is there twice', offset);
      else {
        this.offsets.set(keyOf(at), offset);
        mapping[name] = this.value(value, at);
      }
    }
    return mapping;
  }

  #refuse(path: readonly string[], text: string, offset: number): void {
    this.problems.push({ path, text, offset });
  }
}

const keyOf = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String));

function offsetOf(node: unknown): number {
  return (node as Partial<Node> | null | undefined)?.range?.[0] ?? 0;
}

function parsed(text: string, lineCounter: LineCounter): Document | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      schema: 'core',
      merge: false,
      resolveKnownTags: false,
      uniqueKeys: false, // quadratic; the walk looks itself
      prettyErrors: false,
      logLevel: 'error', // at 'silent' a second document is passed over
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the stack: brackets without end
    throw error;
  }
}

/** Reads one YAML document. Never throws for what the text contains. */
export function parseYaml(text: string): Located {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  const document = parsed(text, lines);
  const walk = new Walk();
  const value = document === undefined ? null : walk.value(document.contents, []);
  const syntax = [...(document?.errors ?? []), ...(document?.warnings ?? [])].map((error) => ({
    path: [],
    text: error.message.replace(/\s+/g, ' '),
    offset: error.pos[0],
  }));
  const deep = { path: [], text: 'nested too deeply', offset: 0 };
  const problems = document === undefined ? [deep] : syntax.length > 0 ? syntax : walk.problems;
  return {
    value,
    placeOf: (path) => {
      for (let length = path.length; length > 0; length--) {
        const offset = walk.offsets.get(keyOf(path.slice(0, length)));
        if (offset !== undefined) return place(offset);
      }
      return place(0);
    },
    problems: problems.map(({ offset, ...problem }) => ({ ...problem, place: place(offset) })),
  };
}
