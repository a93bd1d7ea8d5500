/** @file A page: one HTML file that needs nothing beside it. */
import { escapeHtml } from './html.ts';
import { style } from './style.ts';

/** What a page is made of. */
export interface PageOptions {
  /** Of the window. */
  readonly title: string;
  /** The whole content, the `h1` included, in markup. */
  readonly bodyHtml: string;
  /** Rules beside the shared ones; none if absent. */
  readonly css?: string;
}

/**
 * Pictures and styles of the page itself, and nothing else: whatever comes into its markup, no script of it is run and
 * nothing is loaded.
 */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The text of a page. Classes of the shared style: see the package's README. */
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

/** A part of a page under a heading of its own. */
export const section = (heading: string, html: string): string => `<section><h2>${escapeHtml(heading)}</h2>
${html}
</section>`;
