// The colours of the picture. Blue and orange stay apart for every kind of colour blindness, and by
// their lightness in black and white.

const LIGHT =
  '--ground:#fff;--ink:#1f2328;--soft:#59636e;--refused:#cfe2f3;--both:#d55e00;--cross:#fff;--error:#9aa4ae;--ours:#0060a0';
const DARK =
  '--ground:#0d1117;--ink:#e6edf3;--soft:#9198a1;--refused:#1d3f5e;--both:#ff9d4d;--cross:#1b0d00;--error:#7d8590;--ours:#6cb6ff';

export const STYLE: string = [
  `:root{${LIGHT}}`,
  `@media (prefers-color-scheme:dark){:root{${DARK}}}`,
  'text{font:12px ui-sans-serif,system-ui,"Segoe UI",Helvetica,Arial,sans-serif;fill:var(--ink)}',
  'text.head{font-size:19px;font-weight:600}',
  'text.name{font-size:10px}',
  'text.axis{font-size:10px;fill:var(--soft)}',
  'text.end{text-anchor:end}',
  'text.ours{fill:var(--ours);font-weight:600}',
  '.ground{fill:var(--ground)}',
  '.refused{fill:var(--refused)}',
  '.both{fill:var(--both)}',
  '.error{fill:none;stroke:var(--error)}',
  '.cross{stroke:var(--cross);stroke-width:1.4;fill:none}',
  '.dash{stroke:var(--error);fill:none}',
  '.bracket{stroke:var(--soft);stroke-width:1.5;fill:none}',
].join('');
