/** @file A self-contained HTML page. */
import { createHash } from 'node:crypto';
import { escapeHtml } from './html.ts';
import { style } from './style.ts';

/** The options of a page. */
export interface PageOptions {
  /** The title of the window. */
  readonly title: string;
  /** The whole content as markup, including the `h1`. */
  readonly bodyHtml: string;
  /** Additional CSS rules; none if absent. */
  readonly css?: string;
  /** A script at the end of the page; none if absent. It must not hold `</script`. */
  readonly script?: string;
}

/**
 * Allows embedded pictures, sounds and styles, and the page's own script: whatever the markup contains, no other script
 * runs and nothing is loaded.
 */
const policyOf = (script: string | undefined): string => {
  if (script?.includes('</script')) throw new TypeError("makePage: script must not hold '</script', which ends it");
  const hash = script === undefined ? undefined : createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    'img-src data:',
    'media-src data:',
    "style-src 'unsafe-inline'",
    ...(hash === undefined ? [] : [`script-src 'sha256-${hash}'`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
};

/**
 * The HTML text of a page. The package's README lists the classes of the shared style.
 *
 * @throws TypeError when the script holds `</script`
 */
export const makePage = ({ title, bodyHtml, css = '', script }: PageOptions): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(script)}">
<meta name="generator" content="neural-fields">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}${css}</style>
</head>
<body><main>
${bodyHtml}
</main>${script === undefined ? '' : `<script>${script}</script>`}</body>
</html>
`;

/** A section of a page with a heading. */
export const section = (heading: string, html: string): string => `<section><h2>${escapeHtml(heading)}</h2>
${html}
</section>`;
