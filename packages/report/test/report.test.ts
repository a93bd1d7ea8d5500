import { line } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import {
  decades,
  drawPlot,
  escapeHtml,
  figureTable,
  link,
  makePage,
  numberList,
  pictureFigure,
  plotFigure,
  propertyTable,
  section,
  seriesColour,
  standaloneSvg,
} from '../src/index.ts';

const bodyOf = (html: string): HTMLElement => parseHTML(makePage({ title: 'A page', bodyHtml: html })).document.body;

test('escapes text', () => {
  const text = `<b title="a&b">'`;
  expect(escapeHtml(text)).toBe('&lt;b title=&quot;a&amp;b&quot;&gt;&#39;');
  const body = bodyOf(
    [
      section(text, ''),
      link('a b', text),
      numberList([[text, text]]),
      figureTable({ header: [text, text], rows: [[text, text]] }),
      plotFigure('<svg></svg>', { title: text, captionHtml: '' }),
      pictureFigure(Uint8Array.from([137, 80, 78, 71]), { title: text, captionHtml: '' }),
    ].join(''),
  );
  expect(body.querySelectorAll('b')).toHaveLength(2); // the titles of the two figures
  expect(body.querySelector('h2')?.textContent).toBe(text);
  expect(body.querySelector('a')?.textContent).toBe(text);
  expect(body.querySelector('img')?.getAttribute('alt')).toBe(text);
  expect([...body.querySelectorAll('dt, dd, th, td')].map(({ textContent }) => textContent)).toEqual(
    Array(6).fill(text),
  );
});

test('shows characters that are invisible or reorder text', () => {
  expect(escapeHtml('a\u001b[31m\u202egnp.\u0000\ud800\u009b\ttab\nline \u{1f600}')).toBe(
    'a\\u001b[31m\\u202egnp.\\u0000\\ud800\\u009b\ttab\nline \u{1f600}',
  );
});

test('a page is self-contained, and has colours for light and dark themes', () => {
  const html = makePage({ title: 'x < y', bodyHtml: '<h1>A</h1>', css: '.own { color: red; }' });
  const { document } = parseHTML(html);
  expect(document.title).toBe('x < y');
  expect(document.querySelectorAll('script, link, iframe, img')).toHaveLength(0);
  expect(document.querySelector('meta[name=generator]')?.getAttribute('content')).toBe('neural-fields');
  expect(document.querySelector('meta[http-equiv=Content-Security-Policy]')?.getAttribute('content')).toMatch(
    /^default-src 'none';/,
  );
  const style = document.querySelector('style')?.textContent as string;
  expect(style).toContain('.own { color: red; }');
  const [light, dark] = style.split('prefers-color-scheme: dark') as [string, string];
  for (const name of ['ground', 'ink', 'first', 'second', 'eighth']) {
    expect(light).toMatch(new RegExp(`--${name}: #[0-9a-f]{6};`));
    expect(dark).toMatch(new RegExp(`--${name}: #[0-9a-f]{6};`));
  }
});

test('a picture is embedded', () => {
  const png = Uint8Array.from([137, 80, 78, 71]);
  const image = bodyOf(pictureFigure(png, { title: 'A', captionHtml: '<i>b</i>', marked: true })).querySelector(
    '.marked img',
  );
  expect(image?.getAttribute('src')).toBe('data:image/png;base64,iVBORw==');
});

test('tables have a header for each row', () => {
  const body = bodyOf(figureTable({ header: ['size', 'a'], rows: [['1', '2'], ['3', '4']] })); // biome-ignore format: a table
  expect([...body.querySelectorAll('th[scope=col]')].map(({ textContent }) => textContent)).toEqual(['size', 'a']);
  expect([...body.querySelectorAll('th[scope=row]')].map(({ textContent }) => textContent)).toEqual(['1', '3']);
  expect([...body.querySelectorAll('td')].map(({ textContent }) => textContent)).toEqual(['2', '4']);
  const names = bodyOf(propertyTable([[link('a.json'), '<i>x</i>']]));
  expect(names.querySelector('th a')?.getAttribute('href')).toBe('a.json');
});

test('a plot is SVG with the colours of the page, or with fixed colours as a standalone file', () => {
  const svg = drawPlot({ width: 300, marks: [line([[0, 1], [1, 3]], { stroke: seriesColour(2) })] }); // biome-ignore format: points
  expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 300 300"/);
  expect(svg).toContain('stroke="var(--third)"');
  const alone = standaloneSvg(svg);
  expect(alone).toContain('xmlns="http://www.w3.org/2000/svg"');
  expect(alone).not.toContain('var(--');
  expect(seriesColour(8)).toBe(seriesColour(0));
});

test.each([
  [1, 1000, [1, 10, 100, 1000]],
  [0.02, 30, [0.1, 1, 10]],
  [2, 9, []],
])('the powers of ten from %f to %f', (from, to, ticks) => {
  expect(decades(from, to)).toEqual(ticks.map(tick => expect.closeTo(tick, 12)));
});
