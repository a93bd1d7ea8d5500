/** @file A number of bytes on the command line. */
import { ArgumentError } from '@neural-fields/app-kit';

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20 };

/** Reads `40kB`, `1.5 MB`, `64KiB` or `40000`. */
export const parseBytes = (text: string): number => {
  const [, digits = '', unit = ''] = /^(\d+\.?\d*|\.\d+)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  if (digits === '' || !(bytes >= 1)) throw new ArgumentError('a size such as 40kB, 1.5MB or 40000');
  return bytes;
};
