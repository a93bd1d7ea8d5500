/** @file Rows times a matrix, the core of the forward and the backward pass, in two ways. */
import { directProduct } from './direct-product.ts';
import type { ProductCode, RowsTimesMatrix } from './product-code.ts';
import { tiledProduct } from './tiled-product.ts';

/**
 * `tiled` uses workgroup memory, which is fast on graphics cards. `direct` avoids barriers, which software adapters are
 * slow to compile and to run.
 */
export type ProductStyle = 'tiled' | 'direct';

/** The code of a product in a style. */
export const productCode = (product: RowsTimesMatrix, style: ProductStyle): ProductCode =>
  style === 'tiled' ? tiledProduct(product) : directProduct(product);
