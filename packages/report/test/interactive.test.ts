import { createHash } from 'node:crypto';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import {
  compareFigure,
  interactiveScript,
  interactiveStyle,
  makePage,
  soundFigure,
  stepsFigure,
} from '../src/index.ts';

const png = Uint8Array.from([137, 80, 78, 71]);
const text = `<b title="a&b">'`;

test('a page runs the script that it was made with, and no other', () => {
  const html = makePage({ title: 'A', bodyHtml: '', css: interactiveStyle, script: interactiveScript });
  const { document } = parseHTML(html);
  const hash = createHash('sha256')
    .update(/<script>(.*)<\/script>/s.exec(html)?.[1] as string)
    .digest('base64');
  const policy = document.querySelector('meta[http-equiv=Content-Security-Policy]')?.getAttribute('content');
  expect(policy).toContain(`script-src 'sha256-${hash}';`);
  expect(parseHTML(makePage({ title: 'A', bodyHtml: '' })).document.querySelector('script')).toBeNull();
  expect(() => makePage({ title: 'A', bodyHtml: '', script: '"</script>"' })).toThrow(/must not hold '<\/script'/);
});

test('text of interactive figures cannot become markup', () => {
  const named = { bytes: png, name: text };
  const body = parseHTML(
    makePage({
      title: 'A',
      bodyHtml: [
        compareFigure({
          title: text,
          captionHtml: '',
          left: named,
          right: named,
          coordinates: { x: [0, 1], y: [0, 1] },
        }),
        stepsFigure({ title: text, captionHtml: '', pictures: [{ bytes: png, label: text }], plotSvg: '<svg></svg>' }),
        soundFigure(Buffer.from('RIFF0000WAVE'), { title: text, captionHtml: '' }),
      ].join(''),
    }),
  ).document.body;
  expect(body.querySelectorAll('b')).toHaveLength(3); // the titles of the figures
  expect(JSON.parse(body.querySelector('.steps-figure')?.getAttribute('data-labels') as string)).toEqual([text]);
  expect(body.querySelector('.compare img')?.getAttribute('alt')).toBe(text);
  expect(body.querySelector('audio')?.getAttribute('src')).toBe('data:audio/wav;base64,UklGRjAwMDBXQVZF');
});

test('figures without content, or of other files, are refused', () => {
  expect(() => stepsFigure({ title: '', captionHtml: '', pictures: [] })).toThrow(/at least one, got none/);
  expect(() => soundFigure(new Uint8Array(4), { title: '', captionHtml: '' })).toThrow(
    /must be a PNG, JPEG, WebP or WAV file, got 00000000/,
  );
});
