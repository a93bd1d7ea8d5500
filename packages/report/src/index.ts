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
  interactiveScript,
  interactiveStyle,
  type NamedPicture,
  type PictureCoordinates,
  type StepPicture,
  type StepsOptions,
  soundFigure,
  stepsFigure,
} from './interactive.ts';
export { makePage, type PageOptions, section } from './page.ts';
export { decades, drawPlot, seriesColour, standaloneSvg } from './plot.ts';
