/** @file The script of interactive figures: sliders, the values under the pointer, and the zoom. */
import { zoomScript } from './zoom-script.ts';

/** What moves these figures, for the `script` of a page. It reads the pictures of the page and nothing else. */
export const interactiveScript: string = `'use strict';
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

${zoomScript}
// The values of a picture as it is stored: 8 bits a channel.
const pixelsOf = image => {
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
};

const startReadout = (figure, stage, view) => {
  const [first, second] = stage.querySelectorAll('img');
  const point = stage.querySelector('.point');
  const readout = figure.querySelector('.readout');
  const spans = { x: stage.dataset.x.split(' ').map(Number), y: stage.dataset.y.split(' ').map(Number) };
  const block = Number(stage.dataset.block);
  let pixels;
  let at;
  const coordinate = ([low, high], index, count) => (count === 1 ? low : low + ((high - low) * index) / (count - 1));
  const original = index => (block === 1 ? index : index * block + '-' + (index * block + block - 1));
  const place = () => {
    point.hidden = at === undefined;
    if (!at) return;
    point.style.left = 100 * view.onStage('x', (at.column + 0.5) / first.naturalWidth) + '%';
    point.style.top = 100 * view.onStage('y', (at.row + 0.5) / first.naturalHeight) + '%';
  };
  const show = (column, row) => {
    pixels ??= [pixelsOf(first), pixelsOf(second)];
    const { width, height } = pixels[0];
    at = { column: clamp(column, 0, width - 1), row: clamp(row, 0, height - 1) };
    const values = pixels.map(({ data }) => {
      const start = 4 * (at.row * width + at.column);
      const [red, green, blue] = [data[start], data[start + 1], data[start + 2]].map(value => value / 255);
      return red === green && green === blue ? [red] : [red, green, blue];
    });
    const channels = Math.max(values[0].length, values[1].length);
    const [left, right] = values.map(value => (value.length < channels ? Array(channels).fill(value[0]) : value));
    const text = numbers => numbers.map(value => value.toFixed(3)).join(' ');
    const errors = right.map((value, c) => value - left[c]);
    readout.textContent = (block === 1 ? 'pixel ' : 'pixels ') + original(at.column) + ', ' + original(at.row) +
      '  x ' + coordinate(spans.x, at.column, width).toFixed(3) +
      '  y ' + coordinate(spans.y, at.row, height).toFixed(3) +
      '  ' + first.alt.toLowerCase() + ' ' + text(left) + '  ' + second.alt.toLowerCase() + ' ' + text(right) +
      '  error ' + text(errors);
    place();
  };
  const follow = event => {
    const [x, y] = view.onPicture(event);
    show(Math.floor(x * first.naturalWidth), Math.floor(y * first.naturalHeight));
  };
  stage.addEventListener('pointermove', event => {
    if (!stage.classList.contains('dragged')) follow(event);
  });
  stage.addEventListener('pointerdown', follow);
  stage.addEventListener('focus', () => {
    if (!at) show(Math.floor(first.naturalWidth / 2), Math.floor(first.naturalHeight / 2));
  });
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  stage.addEventListener('keydown', event => {
    const move = moves[event.key];
    if (!move || !at) return;
    event.preventDefault();
    const by = event.shiftKey ? 10 : 1;
    show(at.column + by * move[0], at.row + by * move[1]);
    view.reveal((at.column + 0.5) / first.naturalWidth, (at.row + 0.5) / first.naturalHeight);
  });
  view.changed = place;
};

for (const figure of document.querySelectorAll('.compare')) {
  const stage = figure.querySelector('.stage');
  const input = figure.querySelector('input');
  const name = stage.querySelector('img').alt;
  const update = () => {
    stage.style.setProperty('--edge', input.value + '%');
    input.setAttribute('aria-valuetext', Math.round(input.value) + ' % ' + name);
  };
  input.addEventListener('input', update);
  update();
  if (stage.dataset.x) startReadout(figure, stage, startZoom(figure, stage));
}

for (const figure of document.querySelectorAll('.steps-figure')) {
  const input = figure.querySelector('input');
  const pictures = figure.querySelectorAll('.steps-pictures img');
  const lines = figure.querySelectorAll('.steps line');
  const labels = JSON.parse(figure.dataset.labels);
  const update = () => {
    const now = Number(input.value);
    pictures.forEach((picture, i) => { picture.hidden = i !== now; });
    lines.forEach((line, i) => line.classList.toggle('now', i === now));
    figure.querySelector('.readout').textContent = labels[now];
    input.setAttribute('aria-valuetext', labels[now]);
  };
  input.addEventListener('input', update);
  update();
}
`;
