import type { FitStep, PointBatch, PointSource, Rng } from '@neural-fields/core';

/** A part of a union: its source, and where its points are among all. */
interface Part {
  readonly name: string;
  readonly source: PointSource;
  readonly start: number;
  readonly end: number;
}

/** How many numbers a point has in each target of a batch, by name. */
const widthsOf = ({ targets = {} }: PointBatch, count: number): [name: string, width: number][] =>
  Object.entries(targets).map(([name, values]) => [name, values.length / count]);

/**
 * The points of several sources in one step, those of the first source first. Each source is marked by a target with
 * its name: 1 at its own points and 0 elsewhere, `[n, 1]`. Targets of the sources themselves are kept, and are 0 where
 * a source does not have them.
 *
 *     union({ space: uniform(box, { count: 1000 }), edge: boundary(box, { count: 200 }) })
 *
 * @throws RangeError when there is no source or they have other numbers of coordinates; when points are drawn, if a
 *   target's name is also a source's or its width is another in another source
 */
export const union = (sources: Readonly<Record<string, PointSource>>): PointSource => {
  let size = 0;
  const parts = Object.entries(sources).map(([name, source]): Part => {
    const start = size;
    size += source.pointsPerStep;
    return { name, source, start, end: size };
  });
  const inFeatures = parts[0]?.source.inFeatures;
  if (inFeatures === undefined) throw new RangeError('union: needs at least one source, got none');
  for (const { name, source } of parts)
    if (source.inFeatures !== inFeatures)
      throw new RangeError(
        `union: the points of '${name}' must have ${inFeatures} coordinates, got ${source.inFeatures}`,
      );

  // A source may draw from its rng in order from chunk to chunk, so in a step it must always get the same one.
  const rngs = new WeakMap<Rng, readonly Rng[]>();
  const rngsOf = (rng: Rng): readonly Rng[] => {
    const known = rngs.get(rng) ?? parts.map((_, index) => rng.fork('union', index));
    rngs.set(rng, known);
    return known;
  };

  // A chunk without points of a source must have its targets all the same, so one point of each is looked at first.
  let widths: ReadonlyMap<string, number> | undefined;
  const findWidths = (rng: Rng, at: FitStep): ReadonlyMap<string, number> => {
    const found = new Map(parts.map(({ name }) => [name, 1]));
    for (const [index, { name, source }] of parts.entries())
      for (const [target, width] of widthsOf(source.draw(0, 1, rng.fork('widths', index), at), 1)) {
        if (Object.hasOwn(sources, target))
          throw new RangeError(`union: a source is called '${target}' as a target of '${name}' is`);
        const other = found.get(target);
        if (other !== undefined && other !== width)
          throw new RangeError(
            `union: target '${target}' of '${name}' must have the width ${other} of other sources, got ${width}`,
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
