// The records of kernels-wasm and its numbered kinds, for C: every offset is the one that TypeScript writes to.
import { createHash } from 'node:crypto';

/** @type {Readonly<Record<string, string>>} */
const types = { i32: 'int32_t', u32: 'uint32_t', usize: 'uint32_t', f32: 'float' };

/**
 * @param {string} text Of `src/generated/records.ts`.
 * @returns {Promise<{ records: Record<string, { bytes: number, fields: Record<string, { offset: number, type: string }>
 * }>, constants: Record<string, number> }>}
 */
const readRecords = text => import(`data:text/javascript,${encodeURIComponent(text.replaceAll(' as const;', ';'))}`);

/**
 * What the binary says of its records; `src/addon/load.node.ts` makes the same of those that it finds.
 *
 * @param {string} text Of `src/generated/records.ts`.
 */
export async function recordsDigest(text) {
  const { records, constants } = await readRecords(text);
  return createHash('sha256').update(JSON.stringify({ records, constants })).digest('hex').slice(0, 16);
}

/**
 * @param {string} text Of `src/generated/records.ts`.
 * @returns {Promise<string>} The text of `records.h`.
 */
export async function recordsHeader(text) {
  const { records, constants } = await readRecords(text);
  const structs = Object.entries(records).map(([name, { bytes, fields }]) => {
    const members = Object.entries(fields);
    const checks = members.map(
      ([field, { offset }]) => `_Static_assert(offsetof(${name}, ${field}) == ${offset}, "${name}.${field}");`,
    );
    return [
      'typedef struct {',
      ...members.map(([field, { type }]) => `  ${types[type]} ${field};`),
      `} ${name};`,
      `_Static_assert(sizeof(${name}) == ${bytes}, "${name}");`,
      ...checks,
    ].join('\n');
  });
  const numbers = Object.entries(constants).map(([name, value]) => `  ${name} = ${value},`);
  return `// Made from the records of kernels-wasm by scripts/records-header.mjs.
#pragma once
#include <stddef.h>
#include <stdint.h>

/** \`src/addon/load.node.ts\` makes the same of the records that it finds. */
#define RECORDS_DIGEST "${await recordsDigest(text)}"

${structs.join('\n\n')}

enum {
${numbers.join('\n')}
};
`;
}
