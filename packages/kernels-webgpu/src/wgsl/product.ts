/** @file Rows times a matrix, the heart of forward and reverse, in two ways. */
import { directProduct } from './direct-product.ts';
import type { ProductCode, RowsTimesMatrix } from './product-code.ts';
import { tiledProduct } from './tiled-product.ts';

/**
 * `tiled` goes through workgroup memory, as graphics cards want it. `direct` has no barriers, which emulations of a
 * graphics card take long to compile and to run.
 */
export type ProductStyle = 'tiled' | 'direct';

/** The code of a product in a style. */
export const productCode = (product: RowsTimesMatrix, style: ProductStyle): ProductCode =>
  style === 'tiled' ? tiledProduct(product) : directProduct(product);
