import type { LayerSpec } from '@neural-fields/core';
import type { LayerDefinition } from '@neural-fields/core/layers';
import { assertFinite, assertOptions } from '@neural-fields/core/options';
import { shiftedCopies } from './shifted.ts';

/** The options of {@link identityEncoding}. */
export interface IdentityEncodingOptions {
  /** 1 if absent. */
  readonly scale?: number;
  /** 0 if absent. */
  readonly offset?: number;
}

export interface IdentityEncodingSpec extends LayerSpec {
  readonly kind: 'identity-encoding';
  readonly scale: number;
  readonly offset: number;
}

const KIND = 'identity-encoding';

const assertSpec = ({ scale, offset }: IdentityEncodingSpec): void => {
  assertFinite(`${KIND}: scale`, scale);
  assertFinite(`${KIND}: offset`, offset);
};

/** The layer definition of {@link identityEncoding}. It has no parameters. */
export const identityEncodingLayer: LayerDefinition<IdentityEncodingSpec> = {
  kind: KIND,
  assertSpec,
  apply(input, { spec: { scale, offset } }) {
    return scale === 1 && offset === 0 ? input : shiftedCopies(input, { scale, shifts: [offset] });
  },
};

/**
 * The input itself, or `scale h + offset`: a branch beside other encodings in a `concat`, and the baseline that they
 * are compared with.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const identityEncoding = (options: IdentityEncodingOptions = {}): IdentityEncodingSpec => {
  assertOptions('identityEncoding', options, { scale: 1, offset: 1 });
  const { scale = 1, offset = 0 } = options;
  const spec: IdentityEncodingSpec = { kind: KIND, scale, offset };
  assertSpec(spec);
  return spec;
};
