// The records of kernels-wasm and its numbered kinds, for C: every offset is the one that TypeScript writes to.
import { createHash } from 'node:crypto';

/** @type {Readonly<Record<string, string>>} */
const types = { i32: 'int32_t', u32: 'uint32_t', usize: 'uint32_t', f32: 'float' };

/**
 * @param {string} text of `src/generated/records.ts`
 * @returns {Promise<string>} the text of `records.h`
 */
export async function recordsHeader(text) {
  const script = text.replaceAll(' as const;', ';');
  /**
   * @type {{ records: Record<string, { bytes: number, fields: Record<string, { offset: number, type: string }> }>,
   * constants: Record<string, number> }}
   */
  const { records, constants } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
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
  const digest = createHash('sha256').update(JSON.stringify({ records, constants })).digest('hex').slice(0, 16);
  return `// Made from the records of kernels-wasm by scripts/records-header.mjs.
#pragma once
#include <stddef.h>
#include <stdint.h>

/** \`src/addon/load.node.ts\` makes the same of the records that it finds. */
#define RECORDS_DIGEST "${digest}"

${structs.join('\n\n')}

enum {
${numbers.join('\n')}
};
`;
}
