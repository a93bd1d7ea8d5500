/** @file Writes a page about a field to a file. */
import { stat } from 'node:fs/promises';
import { formatBytes } from '@neural-fields/app-kit';
import { writeFileAtomically } from '@neural-fields/core/node';
import { audioPage } from './audio/audio-page.ts';
import { imagePage } from './image/image-page.ts';
import type { PageInput } from './page-input.ts';
import { shapePage } from './shape/shape-page.ts';

const pageOf = (input: PageInput): Promise<string> => {
  const { description } = input;
  switch (description.kind) {
    case 'image':
      return imagePage({ ...input, description });
    case 'audio':
      return audioPage({ ...input, description });
    case 'shape':
      return shapePage({ ...input, description });
  }
};

/**
 * Writes a page about a field: one self-contained HTML file.
 *
 * @throws FileError when it cannot be written, the reason of the signal when it is aborted
 */
export const writePage = async (path: string, input: PageInput): Promise<void> => {
  input.output.log(`draws the page '${path}'`);
  await writeFileAtomically(path, new TextEncoder().encode(await pageOf(input)));
  input.output.log(`${path}: ${formatBytes((await stat(path)).size)}, open it in a browser`);
};
