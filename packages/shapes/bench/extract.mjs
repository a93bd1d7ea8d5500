// Extracts surfaces at a high resolution, and prints the time, the triangles and the most memory that the process had.
//
//     npm run build && cd packages/shapes && npm run bench -- [resolution] [sphere|gyroid] [dense|skip]
//
// Memory is of the whole process, so each line wants a process of its own.
import { cpus } from 'node:os';
import { checkMesh, extractSurface, gyroid, sphere } from '@neural-fields/shapes';

const resolution = Number(process.argv[2] ?? 512);
const name = process.argv[3] ?? 'sphere';
const dense = (process.argv[4] ?? 'dense') === 'dense';

const period = 0.5;
const shape = name === 'gyroid' ? gyroid({ period }) : sphere({ radius: 0.8 });
const slope = name === 'gyroid' ? (2 * Math.PI * Math.sqrt(3)) / period : 1;

const start = performance.now();
let evaluated = 0;
const mesh = await extractSurface(shape, {
  resolution,
  boundary: 'closed',
  ...(dense ? {} : { lipschitz: slope }),
  onProgress: progress => {
    evaluated = progress.evaluated;
  },
});
const seconds = (performance.now() - start) / 1000;
const peak = process.resourceUsage().maxRSS / 1024;
console.log(`${cpus()[0]?.model ?? 'unknown cpu'}, Node ${process.version}`);
console.log(
  `${name} at ${resolution}^3, ${dense ? 'every point' : `blocks skipped by |gradient| <= ${slope.toFixed(1)}`}: ` +
    `${(evaluated / 1e6).toFixed(1)} M points, ${(mesh.triangles.length / 3e6).toFixed(2)} M triangles, ` +
    `${seconds.toFixed(1)} s, peak ${peak.toFixed(0)} MiB resident`,
);
if (mesh.triangles.length < 9e6) {
  const { closed, manifold, eulerCharacteristic, volume } = checkMesh(mesh);
  console.log(JSON.stringify({ closed, manifold, eulerCharacteristic, volume }));
}
