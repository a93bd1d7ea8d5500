/** @file A compute shader as data: its source, and the order of its bindings. */

/** A storage buffer of a shader. */
export interface StorageBinding {
  readonly name: string;
  readonly type: 'f32' | 'vec4<f32>' | 'vec4<f16>' | 'u32' | 'vec4<u32>' | 'i32' | 'atomic<i32>';
  readonly access: 'read' | 'read_write';
}

/** A compute shader. Binding 0 is its sizes, followed by its storage buffers in order. */
export interface Shader {
  /** Names the shader in captures and error messages. */
  readonly label: string;
  /** Names of the u32 values that do not depend on the architecture, e.g. the number of points. */
  readonly sizes: readonly string[];
  readonly storage: readonly StorageBinding[];
  readonly code: string;
}

/** The parts that {@link shader} assembles. */
export interface ShaderParts {
  readonly label: string;
  readonly sizes: readonly string[];
  readonly storage: readonly StorageBinding[];
  /** Structures, constants, functions and workgroup variables. */
  readonly declarations?: readonly string[];
  readonly workgroup: readonly [x: number, y: number];
  /** The statements of the entry point, which sees `group`, `local` (2-D) and `lane` (1-D). */
  readonly body: string;
}

/** A read-only buffer. */
export const reads = (name: string, type: StorageBinding['type'] = 'vec4<f32>'): StorageBinding => ({
  name,
  type,
  access: 'read',
});

/** A buffer that the shader writes, and may read. */
export const writes = (name: string, type: StorageBinding['type'] = 'vec4<f32>'): StorageBinding => ({
  name,
  type,
  access: 'read_write',
});

/** Indents all lines but empty ones. */
export const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ');

/** Joins lines, without empty ones. */
export const lines = (...parts: readonly string[]): string => parts.filter(part => part !== '').join('\n');

/** `make(0)` ... `make(count - 1)` as lines. */
export const repeat = (count: number, make: (index: number) => string): string =>
  lines(...Array.from({ length: count }, (_, index) => make(index)));

/** Assembles a shader. */
export const shader = ({ label, sizes, storage, declarations = [], workgroup, body }: ShaderParts): Shader => {
  const [x, y] = workgroup;
  const bindings = storage.map(
    ({ name, type, access }, index) =>
      `@group(0) @binding(${index + 1}) var<storage, ${access}> ${name}: array<${type}>;`,
  );
  const code = lines(
    storage.some(({ type }) => type === 'vec4<f16>') ? 'enable f16;' : '',
    `struct Sizes { ${sizes.map(name => `${name}: u32`).join(', ')} }`,
    '@group(0) @binding(0) var<uniform> sizes: Sizes;',
    ...bindings,
    ...declarations,
    `@compute @workgroup_size(${x}, ${y})`,
    'fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) lane: u32) {',
    indent(body),
    '}',
  );
  return { label, sizes, storage, code };
};
