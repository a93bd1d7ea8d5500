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
export { makePage, type PageOptions, section } from './page.ts';
export { decades, drawPlot, seriesColour, standaloneSvg } from './plot.ts';
