import { expect, test } from 'vitest';
import { makePage } from '../src/index.ts';

// Text and lines of the pages can be read in both themes: WCAG 2.2, 1.4.3, asks for a contrast of 4.5 for text.

const css = /<style>([\s\S]*?)<\/style>/.exec(makePage({ title: 'A', bodyHtml: '' }))?.[1] ?? '';

/** The colours of the first and of the second `:root`: of the light and of the dark theme. */
const themes = [...css.matchAll(/:root \{([\s\S]*?)\}/g)].map(
  ([, rules = '']) =>
    new Map([...rules.matchAll(/--([\w-]+): (#[\da-f]{6})/g)].map(([, name = '', colour = '']) => [name, colour])),
);

/** Relative luminance, as WCAG defines it. */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map(at => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrast = (a: string, b: string): number => {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

test.each(['light', 'dark'] as const)('the colours of the %s theme stand out from its ground', theme => {
  const colours = themes[theme === 'light' ? 0 : 1] ?? new Map<string, string>();
  const names = [...colours.keys()].filter(name => !['ground', 'rule', 'panel'].includes(name));
  expect(names.length).toBeGreaterThanOrEqual(10);
  const faint = names.filter(name => contrast(colours.get(name) ?? '', colours.get('ground') ?? '') < 4.5);
  expect(faint).toEqual([]);
});
