/** @file Fields and surfaces as values and pictures. */
export { previewRange, rangeOf } from './display-range.ts';
export {
  applyRange,
  type DisplayRange,
  type ImageView,
  type Region,
  shownChannels,
  toPicture,
  viewPoints,
  wholePicture,
} from './image-view.ts';
export { type PeriodSpectrumOptions, periodSpectrum } from './period-spectrum.ts';
export { pointsPerPass, type Quantity, sampleAll, sampleField, sampleRange } from './sample-field.ts';
export { type CameraOptions, createCamera, type PictureSize } from './surface/camera.ts';
export { drawMesh } from './surface/draw-mesh.ts';
export { renderSurface } from './surface/render-surface.ts';
export { type Slice, slicePicture } from './surface/slice-picture.ts';
