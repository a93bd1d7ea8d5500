/**
 * @file The part of the script that zooms the two pictures of a comparison: by buttons, by the wheel while Ctrl is held
 *   or the picture has the focus, by pinching, and by the keys + - 0. Dragging moves zoomed pictures.
 */

/** Defines `startZoom(figure, stage)`, which returns the view: what part of the pictures the stage shows. */
export const zoomScript: string = `
// At the highest zoom this many pixels of the picture fit in the stage.
const LEAST_PIXELS = 8;
// The pixels of the picture are drawn with sharp edges where each takes this many on the screen.
const SHARP = 3;

// x and y are the corner of the part that is shown, as shares of the picture, of which it shows 1 / scale.
const startZoom = (figure, stage) => {
  const image = stage.querySelector('img');
  const controls = figure.querySelector('.zoom');
  const highest = () => Math.max(1, Math.min(image.naturalWidth, image.naturalHeight) / LEAST_PIXELS);
  const view = {
    scale: 1, x: 0, y: 0, changed: () => {},
    onStage: (axis, share) => (share - view[axis]) * view.scale,
    onPicture: event => {
      const [x, y] = sharesOf(event);
      return [view.x + x / view.scale, view.y + y / view.scale];
    },
    reveal: (x, y) => {
      const size = 1 / view.scale;
      const into = (corner, share) => (share < corner || share > corner + size ? share - size / 2 : corner);
      update(view.scale, into(view.x, x), into(view.y, y));
    },
  };
  const sharesOf = ({ clientX, clientY }) => {
    const box = stage.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  };
  const update = (scale, x, y) => {
    view.scale = clamp(scale, 1, highest());
    view.x = clamp(x, 0, 1 - 1 / view.scale);
    view.y = clamp(y, 0, 1 - 1 / view.scale);
    stage.style.setProperty('--zoom', view.scale);
    stage.style.setProperty('--left', -100 * view.x * view.scale + '%');
    stage.style.setProperty('--top', -100 * view.y * view.scale + '%');
    stage.classList.toggle('zoomed', view.scale > 1);
    stage.classList.toggle('close', (stage.clientWidth * view.scale) / image.naturalWidth >= SHARP);
    controls.querySelector('output').textContent = Number(view.scale.toPrecision(2)) + 'x';
    const [out, enlarge, whole] = controls.querySelectorAll('button');
    out.disabled = whole.disabled = view.scale === 1;
    enlarge.disabled = view.scale === highest();
    view.changed();
  };
  // Zooms by a factor; the place at these shares of the stage stays where it is.
  const zoom = (factor, [x, y] = [0.5, 0.5]) => {
    const scale = clamp(view.scale * factor, 1, highest());
    update(scale, view.x + x / view.scale - x / scale, view.y + y / view.scale - y / scale);
  };
  const acts = { in: () => zoom(2), out: () => zoom(1 / 2), whole: () => update(1, 0, 0) };
  controls.addEventListener('click', event => acts[event.target.dataset.zoom]?.());
  stage.addEventListener('wheel', event => {
    const focused = document.activeElement === stage;
    // Otherwise, and when there is nothing to zoom out, the wheel scrolls the page.
    if (!event.ctrlKey && !event.metaKey && !(focused && (view.scale > 1 || event.deltaY < 0))) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    zoom(Math.exp(clamp(-lines * event.deltaY, -200, 200) / 300), sharesOf(event));
  }, { passive: false });
  const keys = { '+': acts.in, '=': acts.in, '-': acts.out, 0: acts.whole };
  stage.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  const held = new Map();
  const middle = () => {
    const all = [...held.values()];
    return [0, 1].map(k => all.reduce((sum, shares) => sum + shares[k], 0) / all.length);
  };
  const spread = () => {
    const [a, b] = [...held.values()];
    return b ? Math.hypot((a[0] - b[0]) * stage.clientWidth, (a[1] - b[1]) * stage.clientHeight) : 0;
  };
  stage.addEventListener('pointerdown', event => {
    if (event.button !== 0) return;
    held.set(event.pointerId, sharesOf(event));
    if (view.scale > 1 || held.size > 1) stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener('pointermove', event => {
    if (!held.has(event.pointerId)) return;
    const [before, apart] = [middle(), spread()];
    held.set(event.pointerId, sharesOf(event));
    const after = middle();
    if (view.scale > 1 || held.size > 1) stage.classList.add('dragged');
    update(view.scale, view.x + (before[0] - after[0]) / view.scale, view.y + (before[1] - after[1]) / view.scale);
    if (apart > 0) zoom(spread() / apart, after);
  });
  const release = event => {
    held.delete(event.pointerId);
    if (held.size === 0) stage.classList.remove('dragged');
  };
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) stage.addEventListener(end, release);
  stage.addEventListener('pointerleave', event => {
    if (!stage.hasPointerCapture(event.pointerId)) release(event);
  });
  const begin = () => {
    controls.hidden = highest() === 1;
    update(1, 0, 0);
  };
  if (image.complete) begin();
  else image.addEventListener('load', begin);
  return view;
};
`;
