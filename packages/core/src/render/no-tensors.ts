/**
 * @file In the place of tfjs in the build of `@neural-fields/core/render`: what layers and activations would do with
 * tensors, which nothing asks for there.
 */
const absent = (): never => {
  throw new TypeError('render: there are no tensors here; fields that are fitted come from @neural-fields/core');
};

export {
  absent as abs,
  absent as add,
  absent as cast,
  absent as clipByValue,
  absent as clone,
  absent as concat1d,
  absent as cos,
  absent as div,
  absent as exp,
  absent as fill,
  absent as floor,
  absent as greater,
  absent as log,
  absent as maximum,
  absent as minimum,
  absent as mul,
  absent as neg,
  absent as reciprocal,
  absent as relu,
  absent as reshape,
  absent as sigmoid,
  absent as sign,
  absent as sin,
  absent as slice,
  absent as softplus,
  absent as split,
  absent as sqrt,
  absent as square,
  absent as step,
  absent as sub,
  absent as tanh,
  absent as tidy,
  absent as where,
  absent as zeros,
  absent as zerosLike,
};
