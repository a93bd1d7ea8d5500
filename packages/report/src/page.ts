/** @file A self-contained HTML page. */
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
}

/** Allows embedded pictures and styles only: whatever the markup contains, no script runs and nothing is loaded. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The HTML text of a page. The package's README lists the classes of the shared style. */
export const makePage = ({ title, bodyHtml, css = '' }: PageOptions): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="generator" content="neural-fields">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}${css}</style>
</head>
<body><main>
${bodyHtml}
</main></body>
</html>
`;

/** A section of a page with a heading. */
export const section = (heading: string, html: string): string => `<section><h2>${escapeHtml(heading)}</h2>
${html}
</section>`;
