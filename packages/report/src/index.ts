/** @file The public API of the report package. */
export {
  escapeHtml,
  type FigureTable,
  figureTable,
  link,
  numberList,
  type PictureOptions,
  pictureFigure,
  plotFigure,
  propertyTable,
} from './html.ts';
export {
  type CompareOptions,
  compareFigure,
  interactiveStyle,
  type NamedPicture,
  type PictureCoordinates,
  type StepPicture,
  type StepsOptions,
  soundFigure,
  stepsFigure,
} from './interactive.ts';
export { interactiveScript } from './interactive-script.ts';
export { makePage, type PageOptions, section } from './page.ts';
export { decades, drawPlot, seriesColour, standaloneSvg } from './plot.ts';
