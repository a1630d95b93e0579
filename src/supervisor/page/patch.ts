// Makes what is shown equal to what should be shown by the fewest changes: an element that stays keeps
// its identity, and with it focus, selection, scroll position and whether it is folded open.
//
// Children are matched by `data-key`, those without one by their order and name.

const KEPT: ReadonlySet<string> = new Set(['open']); // the reader's, not ours

function matches(old: Node, next: Node): boolean {
  if (old.nodeName !== next.nodeName) return false;
  return keyOf(old) === keyOf(next);
}

function keyOf(node: Node): string | undefined {
  return node instanceof Element ? (node.getAttribute('data-key') ?? undefined) : undefined;
}

function patchAttributes(old: Element, next: Element): void {
  for (const name of old.getAttributeNames())
    if (!next.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  for (const name of next.getAttributeNames()) {
    const value = next.getAttribute(name) ?? '';
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function patchNode(old: Node, next: Node): void {
  if (old instanceof Element && next instanceof Element) {
    patchAttributes(old, next);
    patchChildren(old, [...next.childNodes]);
  } else if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
}

/** Makes `wanted` the children of `parent`. The nodes of `wanted` may be used up. */
export function patchChildren(parent: Element, wanted: readonly Node[]): void {
  const rest = new Set<Node>(parent.childNodes);
  let at: Node | null = parent.firstChild;
  for (const next of wanted) {
    const old: Node | undefined =
      at !== null && rest.has(at) && matches(at, next)
        ? at
        : [...rest].find((one) => keyOf(next) !== undefined && matches(one, next));
    if (old === undefined) {
      parent.insertBefore(next, at);
      continue;
    }
    rest.delete(old);
    patchNode(old, next);
    if (old === at) at = at.nextSibling;
    else parent.insertBefore(old, at);
    while (at !== null && !rest.has(at)) at = at.nextSibling;
  }
  for (const gone of rest) parent.removeChild(gone);
}
