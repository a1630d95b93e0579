// Elements, made by calls and never from markup: whatever a stranger wrote (a reason, a command, a
// path) goes in as text and stays text. The page's Content-Security-Policy asks for Trusted Types, so
// a browser that knows them refuses every other way.

const SVG = 'http://www.w3.org/2000/svg';
const SVG_NAMES: ReadonlySet<string> = new Set(['svg', 'rect', 'title']);

/** What an element contains. Nothing is made of `undefined` and `false`. */
export type Content = Element | string | undefined | false | readonly Content[];

/** `true` is an attribute without a value; `undefined` and `false` are none. */
export type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** An element with these attributes. `data-key` keeps its identity over a {@link patch}. */
export function el(name: string, attributes: Attributes = {}, ...content: Content[]): Element {
  const made = SVG_NAMES.has(name)
    ? document.createElementNS(SVG, name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  made.append(...flat(content));
  return made;
}

function flat(content: readonly Content[]): (Element | string)[] {
  return content.flatMap((one) => {
    if (one === undefined || one === false || one === '') return [];
    return typeof one === 'string' || one instanceof Element ? [one] : flat(one);
  });
}

/** The element of the page with this id; it must be there, and of that kind. */
export function byId<T extends Element>(id: string, kind: abstract new () => T): T {
  const found = document.querySelector(`#${id}`);
  if (!(found instanceof kind)) throw new Error(`the page has no such #${id}`);
  return found;
}
