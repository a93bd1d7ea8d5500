import type { LayerSpec } from '@neural-fields/core';
import type * as encodings from '../src/index.ts';

export declare const costCases: (own: typeof encodings) => Readonly<Record<string, LayerSpec>>;
