/**
 * @file Elementary functions of `vec4<f32>`. WGSL guarantees its own sine only to 2^-11 (WGSL, "Accuracy of Built-in
 *   Functions"), an error that a SIREN's frequencies multiply in derivatives, and its exp to 3 + 2 |x| units in the
 *   last place.
 *
 * Argument reductions use fma, as compilers may reassociate sums and products, but not fma. Coefficients: S. L.
 * Moshier, the Cephes library (sinf.c, expf.c, tanhf.c).
 */

/**
 * `sineAndCosine(x)`: absolute error at most 2e-7 up to |x| = 1,200. pi / 2 is split into three parts, the first two
 * short enough for their products with the number of quarter turns to be exact (Cody and Waite 1980). Beyond 16,384,
 * where they are not, the built-in functions are used.
 */
export const sineAndCosine = `\
struct SineCosine { sine: vec4<f32>, cosine: vec4<f32> }
fn sineAndCosine(x: vec4<f32>) -> SineCosine {
  if (!all(abs(x) < vec4(16384.0))) { return SineCosine(sin(x), cos(x)); }
  let turns = round(x * 0.63661977236758134308);
  var r = fma(turns, vec4(-1.5703125), x);
  r = fma(turns, vec4(-4.837512969970703125e-4), r);
  r = fma(turns, vec4(-7.54978995489188216e-8), r);
  let rr = r * r;
  var p = fma(rr, vec4(-1.9515295891e-4), vec4(8.3321608736e-3));
  p = fma(p, rr, vec4(-1.6666654611e-1));
  let s = fma(p * rr, r, r);
  var q = fma(rr, vec4(2.443315711809948e-5), vec4(-1.388731625493765e-3));
  q = fma(q, rr, vec4(4.166664568298827e-2));
  let c = fma(q * rr, rr, fma(rr, vec4(-0.5), vec4(1.0)));
  let quarter = vec4<i32>(turns);
  let odd = (quarter & vec4(1)) == vec4(1);
  let sine = select(s, c, odd);
  let cosine = select(c, s, odd);
  return SineCosine(
    select(sine, -sine, (quarter & vec4(2)) == vec4(2)),
    select(cosine, -cosine, ((quarter + vec4(1)) & vec4(2)) == vec4(2)),
  );
}`;

/** `exponential(x)`: relative error at most 3e-7; underflows to 0, overflows to infinity. */
export const exponential = `\
fn powerOfTwo(n: vec4<i32>) -> vec4<f32> { return bitcast<vec4<f32>>((n + vec4(127)) << vec4(23u)); }
fn exponential(x: vec4<f32>) -> vec4<f32> {
  let clamped = clamp(x, vec4(-105.0), vec4(90.0));
  let n = round(clamped * 1.44269504088896341);
  var r = fma(n, vec4(-0.693359375), clamped);
  r = fma(n, vec4(2.12194440e-4), r);
  var p = fma(r, vec4(1.9875691500e-4), vec4(1.3981999507e-3));
  p = fma(p, r, vec4(8.3334519073e-3));
  p = fma(p, r, vec4(4.1665795894e-2));
  p = fma(p, r, vec4(1.6666665459e-1));
  p = fma(p, r, vec4(5.0000001201e-1));
  let y = fma(r * r, p, r) + 1.0;
  let whole = vec4<i32>(n);
  let half = whole >> vec4(1u);
  return select(x, y * powerOfTwo(half) * powerOfTwo(whole - half), x == x);
}`;

/** `hyperbolicTangent(x)`: absolute error at most 2e-7. Needs {@link exponential}. */
export const hyperbolicTangent = `\
fn hyperbolicTangent(x: vec4<f32>) -> vec4<f32> {
  let magnitude = abs(x);
  let far = 1.0 - 2.0 / (exponential(magnitude + magnitude) + 1.0);
  let xx = x * x;
  var p = fma(xx, vec4(-5.70498872745e-3), vec4(2.06390887954e-2));
  p = fma(p, xx, vec4(-5.37397155531e-2));
  p = fma(p, xx, vec4(1.33314422036e-1));
  p = fma(p, xx, vec4(-3.33332819422e-1));
  return select(sign(x) * far, fma(p * xx, x, x), magnitude < vec4(0.625));
}`;

/** `logistic(x)` = 1 / (1 + exp(-x)). Needs {@link exponential}. */
export const logistic = 'fn logistic(x: vec4<f32>) -> vec4<f32> { return 1.0 / (1.0 + exponential(-x)); }';

/**
 * `softplus(x)` = log(1 + exp(x)) = max(x, 0) + 2 artanh(t / (2 + t)) with t = exp(-|x|). Needs {@link exponential}.
 */
export const softplus = `\
fn softplus(x: vec4<f32>) -> vec4<f32> {
  let t = exponential(-abs(x));
  let y = t / (2.0 + t);
  let yy = y * y;
  var p = fma(yy, vec4(1.0 / 15.0), vec4(1.0 / 13.0));
  p = fma(p, yy, vec4(1.0 / 11.0));
  p = fma(p, yy, vec4(1.0 / 9.0));
  p = fma(p, yy, vec4(1.0 / 7.0));
  p = fma(p, yy, vec4(1.0 / 5.0));
  p = fma(p, yy, vec4(1.0 / 3.0));
  p = fma(p, yy, vec4(1.0));
  return max(x, vec4(0.0)) + (y + y) * p;
}`;
