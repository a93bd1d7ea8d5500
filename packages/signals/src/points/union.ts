import type { FitStep, PointBatch, PointSource, Rng } from '@neural-fields/core';

/** A part of a union: its source, and the range of its points. */
interface Part {
  readonly name: string;
  readonly source: PointSource;
  readonly start: number;
  readonly end: number;
}

/** The width of each target of a batch, by name. */
const widthsOf = ({ targets = {} }: PointBatch, count: number): [name: string, width: number][] =>
  Object.entries(targets).map(([name, values]) => [name, values.length / count]);

/**
 * Concatenates the points of several sources in each step. A target named after each source is 1 at its points and 0
 * elsewhere, `[n, 1]`. The targets of the sources are kept, and are 0 at the points of sources that lack them.
 *
 *     union({ space: uniform(box, { count: 1000 }), edge: boundary(box, { count: 200 }) })
 *
 * @throws RangeError when there is no source or the sources differ in their number of coordinates; when points are
 *   drawn, if a target has the name of a source, or different widths in different sources
 */
export const union = (sources: Readonly<Record<string, PointSource>>): PointSource => {
  let size = 0;
  const parts = Object.entries(sources).map(([name, source]): Part => {
    const start = size;
    size += source.pointsPerStep;
    return { name, source, start, end: size };
  });
  const inFeatures = parts[0]?.source.inFeatures;
  if (inFeatures === undefined) throw new RangeError('union: at least one source is needed, got none');
  for (const { name, source } of parts)
    if (source.inFeatures !== inFeatures)
      throw new RangeError(
        `union: the points of '${name}' must have ${inFeatures} coordinates, got ${source.inFeatures}`,
      );

  // A source may draw from its rng sequentially across chunks, so it must get the same rng throughout a step.
  const rngs = new WeakMap<Rng, readonly Rng[]>();
  const rngsOf = (rng: Rng): readonly Rng[] => {
    const known = rngs.get(rng) ?? parts.map((_, index) => rng.fork('union', index));
    rngs.set(rng, known);
    return known;
  };

  // A chunk must have the targets of all sources, even of those without points in it, so one point of each source is
  // drawn to find their widths.
  let widths: ReadonlyMap<string, number> | undefined;
  const findWidths = (rng: Rng, at: FitStep): ReadonlyMap<string, number> => {
    const found = new Map(parts.map(({ name }) => [name, 1]));
    for (const [index, { name, source }] of parts.entries())
      for (const [target, width] of widthsOf(source.draw(0, 1, rng.fork('widths', index), at), 1)) {
        if (Object.hasOwn(sources, target))
          throw new RangeError(`union: '${target}' is both a source and a target of '${name}'; rename one of them`);
        const other = found.get(target);
        if (other !== undefined && other !== width)
          throw new RangeError(
            `union: target '${target}' of '${name}' must have width ${other} as in other sources, got ${width}`,
          );
        found.set(target, width);
      }
    return found;
  };

  return {
    inFeatures,
    pointsPerStep: size,
    fixed: parts.every(({ source }) => source.fixed),
    draw(start, count, rng, at) {
      widths ??= findWidths(rng, at);
      const coords = new Float32Array(count * inFeatures);
      const targets = Object.fromEntries([...widths].map(([name, width]) => [name, new Float32Array(count * width)]));
      for (const [index, part] of parts.entries()) {
        const first = Math.max(start, part.start);
        const n = Math.min(start + count, part.end) - first;
        if (n <= 0) continue;
        const batch = part.source.draw(first - part.start, n, rngsOf(rng)[index]!, at);
        coords.set(batch.coords, (first - start) * inFeatures);
        for (const [name, width] of widthsOf(batch, n))
          targets[name]!.set(batch.targets![name]!, (first - start) * width);
        targets[part.name]!.fill(1, first - start, first - start + n);
      }
      return { coords, targets };
    },
  };
};
