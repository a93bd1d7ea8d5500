/**
 * @file Convolutions of images `[batch][height][width][channels]` and their gradients, as matrix products of the
 *   images' windows with the filter `[tap][channel][out channel]`. The windows are built a block at a time, so memory
 *   does not grow with the images.
 */
import { backend_util, type KernelFunc, type NamedTensorInfoMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { allocate } from '../wasm/memory.ts';
import { blockedProduct, matrixReader, matrixWriter } from './product.ts';
import { assertShape, isFloat, replaceKernel, sizeOf } from './register.ts';
import { type ConvolutionShape, windowAdder, windowReader } from './windows.ts';

type Arguments = Parameters<KernelFunc>[0];

interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  /** Only for the gradient with respect to the images. */
  readonly inputShape?: [number, number, number, number];
  /** Only for the gradient with respect to the filter. */
  readonly filterShape?: [number, number, number, number];
  /** Only for the fused kernel. */
  readonly activation?: string;
}

const attributesOf = ({ attrs }: Arguments): ConvolutionAttributes => attrs as object as ConvolutionAttributes;

const shapeOf = (
  images: readonly number[],
  filter: readonly number[],
  { strides, dilations = 1, pad, dimRoundingMode }: ConvolutionAttributes,
): ConvolutionShape => {
  const info = backend_util.computeConv2DInfo(
    images as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    'channelsLast',
  );
  return {
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    filterHeight: info.filterHeight,
    filterWidth: info.filterWidth,
    strideHeight: info.strideHeight,
    strideWidth: info.strideWidth,
    dilationHeight: info.dilationHeight,
    dilationWidth: info.dilationWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
};

/** The rows and columns of the matrix of windows. */
const windowsOf = (shape: ConvolutionShape): { readonly pixels: number; readonly taps: number } => ({
  pixels: shape.batch * shape.outHeight * shape.outWidth,
  taps: shape.filterHeight * shape.filterWidth * shape.inChannels,
});

type Inputs = NamedTensorInfoMap & {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly dy: TensorInfo;
  readonly bias?: TensorInfo;
};

const inputsOf = ({ inputs }: Arguments): Inputs => inputs as Inputs;

/** y = windows(x) filter. */
const convolve = (simd: SimdBackend, x: TensorInfo, filter: TensorInfo, shape: ConvolutionShape): Float32Array => {
  const { pixels, taps } = windowsOf(shape);
  const y = allocate(pixels * shape.outChannels);
  const operands = {
    readA: windowReader(simd.valuesOf(x), shape),
    readB: matrixReader(simd.valuesOf(filter), shape.outChannels),
    addBlock: matrixWriter(y, shape.outChannels),
  };
  const sizes = { m: pixels, k: taps, n: shape.outChannels, transposeA: false, transposeB: false };
  blockedProduct(simd, operands, sizes);
  return y;
};

const outputShape = ({ batch, outHeight, outWidth, outChannels }: ConvolutionShape): number[] => [
  batch,
  outHeight,
  outWidth,
  outChannels,
];

const conv2d: KernelFunc = args => {
  const { x, filter } = inputsOf(args);
  const simd = args.backend as SimdBackend;
  const shape = shapeOf(x.shape, filter.shape, attributesOf(args));
  return simd.makeTensorInfo(outputShape(shape), 'float32', convolve(simd, x, filter, shape));
};

const fusedConv2d: KernelFunc = args => {
  const { x, filter, bias } = inputsOf(args);
  const simd = args.backend as SimdBackend;
  const attributes = attributesOf(args);
  const shape = shapeOf(x.shape, filter.shape, attributes);
  const y = convolve(simd, x, filter, shape);
  const shift = bias ? simd.valuesOf(bias) : new Float32Array(shape.outChannels);
  const rectified = attributes.activation === 'relu';
  for (let i = 0, j = 0; i < y.length; i++, j++) {
    if (j === shape.outChannels) j = 0;
    const value = (y[i] as number) + (shift[j] as number);
    y[i] = rectified ? Math.max(value, 0) : value;
  }
  return simd.makeTensorInfo(outputShape(shape), 'float32', y);
};

/** dwindows = dy filter', and the derivative of a pixel is the sum over the windows that contain it. */
const inputGradient: KernelFunc = args => {
  const { dy, filter } = inputsOf(args);
  const simd = args.backend as SimdBackend;
  const inputShape = attributesOf(args).inputShape as [number, number, number, number];
  const shape = shapeOf(inputShape, filter.shape, attributesOf(args));
  assertShape('conv2d: dy', dy, outputShape(shape));
  const { pixels, taps } = windowsOf(shape);
  const dx = allocate(sizeOf(inputShape));
  const operands = {
    readA: matrixReader(simd.valuesOf(dy), shape.outChannels),
    readB: matrixReader(simd.valuesOf(filter), shape.outChannels),
    addBlock: windowAdder(dx, shape),
  };
  const sizes = { m: pixels, k: shape.outChannels, n: taps, transposeA: false, transposeB: true };
  blockedProduct(simd, operands, sizes);
  return simd.makeTensorInfo(inputShape, 'float32', dx);
};

/** dfilter = windows(x)' dy. */
const filterGradient: KernelFunc = args => {
  const { x, dy } = inputsOf(args);
  const simd = args.backend as SimdBackend;
  const filterShape = attributesOf(args).filterShape as [number, number, number, number];
  const shape = shapeOf(x.shape, filterShape, attributesOf(args));
  assertShape('conv2d: dy', dy, outputShape(shape));
  const { pixels, taps } = windowsOf(shape);
  const dw = allocate(taps * shape.outChannels);
  const operands = {
    readA: windowReader(simd.valuesOf(x), shape),
    readB: matrixReader(simd.valuesOf(dy), shape.outChannels),
    addBlock: matrixWriter(dw, shape.outChannels),
  };
  const sizes = { m: taps, k: pixels, n: shape.outChannels, transposeA: true, transposeB: false };
  blockedProduct(simd, operands, sizes);
  return simd.makeTensorInfo(filterShape, 'float32', dw);
};

/** Registers the convolutions. */
export const registerConv2d = (): void => {
  const takes = (args: Arguments): boolean =>
    attributesOf(args).dataFormat === 'NHWC' &&
    Object.values(inputsOf(args)).every(tensor => !tensor || isFloat(tensor));
  replaceKernel('Conv2D', takes, conv2d);
  replaceKernel('Conv2DBackpropInput', takes, inputGradient);
  replaceKernel('Conv2DBackpropFilter', takes, filterGradient);
  const plain = (args: Arguments): boolean => {
    const { bias, filter } = inputsOf(args);
    const plainBias = !bias || (bias.shape.length === 1 && bias.shape[0] === filter.shape[3]);
    return plainBias && [undefined, 'linear', 'relu'].includes(attributesOf(args).activation);
  };
  replaceKernel('FusedConv2D', args => takes(args) && plain(args), fusedConv2d);
};
