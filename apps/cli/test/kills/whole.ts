import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a folder and the folders in it, by path with forward slashes. */
export const listFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() || entry.isSymbolicLink())
    .map(entry =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Whether a finished file looks whole, by its kind. Files of other kinds do. */
export const isWhole = (path: string): boolean => {
  const bytes = readFileSync(path);
  const text = (): string => bytes.toString('utf8');
  if (path.endsWith('.png')) return bytes.subarray(-8, -4).toString('latin1') === 'IEND';
  if (path.endsWith('.json')) return isJson(text());
  if (path.endsWith('.html')) return text().trimEnd().endsWith('</html>');
  if (path.endsWith('.svg')) return text().trimEnd().endsWith('</svg>');
  if (path.endsWith('.wav')) return bytes.length > 44 && bytes.readUInt32LE(4) + 8 === bytes.length;
  if (path.endsWith('.glb')) return bytes.length > 12 && bytes.readUInt32LE(8) === bytes.length;
  if (!path.endsWith('.safetensors') && !path.endsWith('.checkpoint')) return true;
  if (bytes.length < 8) return false;
  const header = Number(bytes.readBigUInt64LE());
  const json = bytes.subarray(8, 8 + header).toString();
  if (!isJson(json)) return false;
  const ends = Object.values(JSON.parse(json) as Record<string, { data_offsets?: [number, number] }>).map(
    ({ data_offsets }) => data_offsets?.[1] ?? 0,
  );
  return 8 + header + Math.max(...ends) === bytes.length;
};

/**
 * The bytes of a file, without the seconds that were measured: the metadata of a finished fit of `reproduce` have them.
 */
export const contentsOf = (path: string): Buffer => {
  const bytes = readFileSync(path);
  if (!path.endsWith('.safetensors') || bytes.length < 8) return bytes;
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = bytes
    .subarray(8, end)
    .toString()
    .replace(/(\\"seconds\\":)[\d.e+-]+/, '$10')
    .trimEnd();
  return Buffer.concat([Buffer.from(header), bytes.subarray(end)]);
};

/** The steps that a file of lines in JSON tells of; none where it tells of none. */
export const stepsOf = (path: string): number[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .flatMap(line => {
      const { step } = JSON.parse(line) as { step?: number };
      return step === undefined ? [] : [step];
    });
