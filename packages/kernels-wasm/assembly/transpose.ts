/** @file Matrix transposes. */
import { FLOAT } from './simd';

/** Transposes a 4 x 4 block. */
// @ts-ignore: decorator
@inline
export function transposeFour(from: usize, nextFrom: usize, to: usize, nextTo: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + nextFrom);
  const c = v128.load(from + nextFrom * 2);
  const d = v128.load(from + nextFrom * 3);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(ab0, cd0, 0, 2));
  v128.store(to + nextTo, v128.shuffle<f64>(ab0, cd0, 1, 3));
  v128.store(to + nextTo * 2, v128.shuffle<f64>(ab1, cd1, 0, 2));
  v128.store(to + nextTo * 3, v128.shuffle<f64>(ab1, cd1, 1, 3));
}

/** `[rows][columns]`, rows `stride` floats apart, to `[columns][rows]`, rows `targetStride` floats apart. */
export function transposeBlock(source: usize, rows: i32, columns: i32, stride: i32, target: usize, targetStride: i32): void {
  const nextFrom = <usize>stride * FLOAT;
  const nextTo = <usize>targetStride * FLOAT;
  const wholeRows = rows & ~3;
  const wholeColumns = columns & ~3;
  for (let row = 0; row < wholeRows; row += 4) {
    const from = source + <usize>row * nextFrom;
    const to = target + <usize>row * FLOAT;
    for (let column = 0; column < wholeColumns; column += 4)
      transposeFour(from + <usize>column * FLOAT, nextFrom, to + <usize>column * nextTo, nextTo);
  }
  for (let row = 0; row < rows; row++)
    for (let column = row < wholeRows ? wholeColumns : 0; column < columns; column++)
      store<f32>(
        target + <usize>column * nextTo + <usize>row * FLOAT,
        load<f32>(source + <usize>row * nextFrom + <usize>column * FLOAT),
      );
}
