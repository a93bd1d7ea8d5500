/** @file Where `--log` writes, and in which format. */
import { statSync } from 'node:fs';
import { UsageError } from '@neural-fields/app-kit';
import { extensionOf } from '@neural-fields/app-kit/files';

/** A file with one JSON object per report, or a folder of event files for TensorBoard. */
export interface LogTarget {
  readonly kind: 'jsonl' | 'tensorboard';
  readonly path: string;
}

const PREFIX = 'tensorboard:';

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Parses the value of `--log`: a name that ends in `.jsonl`, an existing folder, a path without an extension, or
 * `tensorboard:<folder>`.
 *
 * @throws UsageError when it is none of them
 */
export const parseLogTarget = (text: string): LogTarget => {
  if (text.startsWith(PREFIX)) {
    const path = text.slice(PREFIX.length);
    if (path === '') throw new UsageError({ what: '--log', wanted: `${PREFIX}<folder>`, got: `'${text}'` });
    return { kind: 'tensorboard', path };
  }
  if (isFolder(text)) return { kind: 'tensorboard', path: text };
  const extension = extensionOf(text);
  if (extension === 'jsonl') return { kind: 'jsonl', path: text };
  if (extension === '' && text !== '') return { kind: 'tensorboard', path: text };
  throw new UsageError({
    what: '--log',
    wanted: 'a name that ends in .jsonl, or a folder for TensorBoard',
    got: `'${text}'`,
  });
};
