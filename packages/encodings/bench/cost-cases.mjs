/** @file The encodings whose cost is measured, in the sizes of docs/encodings.md: one of each kind at least. */

const HASH = { levels: 16, baseResolution: 16, finestResolution: 1024, log2HashmapSize: 19 };
const LEVELS = { levels: 4, baseResolution: 8, growth: 2 };

/** Points on a sphere, evenly spread (Fibonacci's lattice). */
const sphere = count =>
  Float32Array.from({ length: 3 * count }, (_, i) => {
    const index = Math.floor(i / 3);
    const z = 1 - (2 * index + 1) / count;
    const angle = Math.PI * (1 + Math.sqrt(5)) * index;
    const radius = 0.8 * Math.sqrt(1 - z * z);
    return [radius * Math.cos(angle), radius * Math.sin(angle), 0.8 * z][i % 3];
  });

/** Vertices of all levels of `LEVELS` in space. */
const VERTICES = [8, 16, 32, 64].reduce((sum, n) => sum + (n + 1) ** 3, 0);

/**
 * The specs by name.
 *
 * @param own the exports of the package
 */
export const costCases = own => {
  const points = sphere(4096);
  const blocks = own.blocksAt(points, { axes: 3, resolution: 64 });
  const codebook = Float32Array.from({ length: 4 * 64 * 2 }, (_, i) => Math.sin(i));
  const indices = Uint8Array.from({ length: VERTICES }, (_, v) => (v * 37) % 64);
  return {
    'identityEncoding()': own.identityEncoding({ scale: 2 }),
    'positionalEncoding({ octaves: 10 })': own.positionalEncoding({ octaves: 10 }),
    'fourierFeatures({ features: 64, ... })': own.fourierFeatures({ features: 64, scale: 5, seed: 1 }),
    'triangleWave({ octaves: 12 })': own.triangleWave(),
    'oneBlob({ bins: 16 })': own.oneBlob(),
    "oneBlob({ bins: 16, kernel: 'quartic' })": own.oneBlob({ kernel: 'quartic' }),
    'gaussianEmbedding({ features: 16 })': own.gaussianEmbedding({ features: 16 }),
    'superGaussianEmbedding({ features: 16, b: 2 })': own.superGaussianEmbedding({ features: 16, b: 2 }),
    'gaussianRbf({ features: 128 })': own.gaussianRbf({ features: 128 }),
    'sphericalHarmonics({ degree: 4 })': own.sphericalHarmonics({ degree: 4 }),
    'denseGrid({ resolution: 64, features: 4 })': own.denseGrid({ resolution: 64, features: 4 }),
    'multiResolutionGrid({ levels: 4, ... })': own.multiResolutionGrid({ levels: 4, growth: 2, features: 2 }),
    'hashGrid({ log2HashmapSize: 19, ... })': own.hashGrid(HASH),
    "hashGrid({ interpolation: 'smoothstep', ... })": own.hashGrid({ ...HASH, interpolation: 'smoothstep' }),
    'multiPlane({ resolution: 256, features: 16 })': own.multiPlane({ resolution: 256, features: 16 }),
    'vectorMatrix({ resolution: 256, features: 16 })': own.vectorMatrix({ resolution: 256 }),
    'sparseVoxelGrid({ resolution: 64, features: 4 })': own.sparseVoxelGrid({ resolution: 64, features: 4, blocks }),
    'codebookGrid({ levels: 4, bits: 6 })': own.codebookGrid({ ...LEVELS, bits: 6 }),
    'packedCodebookGrid({ levels: 4, bits: 6 })': own.packedCodebookGrid({
      ...LEVELS,
      features: 2,
      bits: 6,
      indices,
      codebook,
    }),
    'pointFeatures({ neighbours: 8, features: 4 })': own.pointFeatures({
      points,
      axes: 3,
      neighbours: 8,
      features: 4,
    }),
  };
};
