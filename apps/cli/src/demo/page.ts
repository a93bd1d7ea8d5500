/** @file The text that the demonstration's page has in addition to the page of any image. */
import { formatCount } from '@neural-fields/app-kit';
import { photograph } from '@neural-fields/app-kit/photograph';
import { escapeHtml, link, propertyTable, section } from '@neural-fields/report';
import type { ImagePageText } from '../page/image/image-page.ts';

/** The values that the text refers to. */
export interface DemoPageInput {
  readonly size: number;
  /** Why the demonstration uses this size. */
  readonly sizeReason: string;
  /** The names of the pictures in the folder, without the extension. */
  readonly pictures: readonly string[];
  /** The other files beside the page, each with a description. */
  readonly files: readonly (readonly [name: string, what: string])[];
}

/** The text of the demonstration's page. */
export const demoPageText = ({ size, sizeReason, pictures, files }: DemoPageInput): ImagePageText => ({
  headingHtml: 'A field learns a photograph',
  leadHtml: `A small network was fitted to the brightness of a photograph at ${formatCount(size * size)} pixels. The result is a smooth function,
with values between the pixels and exact derivatives.`,
  footerHtml: `${section(
    'Files',
    propertyTable([
      ['size', escapeHtml(sizeReason)],
      ...files.map(([name, what]) => [link(name), escapeHtml(what)] as const),
      ['pictures', pictures.map(name => link(`${name}.png`, name)).join(', ')],
    ]),
  )}
<footer><p>Photograph: ${photograph.author}, <a href="${photograph.address}">${photograph.title}</a>, ${photograph.year}. ${photograph.collection}, ${photograph.licence}.</p></footer>`,
});
