import { expect, test } from 'vitest';
import { encodePly, extractSurface, surfacePoints, unitBox } from '../src/index.ts';
import { tetrahedron } from './test-meshes.ts';

// What plain JavaScript, or a text from a settings file, may pass.
const name = <T>(text: string): T => text as T;

test.each<[string, () => unknown]>([
  ['unitBox: method must be one of mean, box, got "centre"', () => unitBox(tetrahedron(), { method: name('centre') })],
  [
    'encodePly: encoding must be one of binary, text, got "ascii"',
    () => encodePly(tetrahedron(), { encoding: name('ascii') }),
  ],
  [
    'surfacePoints: normals must be one of face, vertex, none, got "faces"',
    () => surfacePoints(tetrahedron(), { count: 1, normals: name('faces') }),
  ],
])('%s', (message, call) => {
  expect(call).toThrow(new RangeError(message));
});

test('of extractSurface', async () => {
  const evaluate = (points: Float32Array): Float32Array => new Float32Array(points.length / 3);
  await expect(extractSurface({ evaluate }, { resolution: 2, boundary: name('close') })).rejects.toThrow(
    'extractSurface: boundary must be one of open, closed, got "close"',
  );
  await expect(extractSurface({ evaluate }, { resolution: 2, inside: name('under') })).rejects.toThrow(
    'extractSurface: inside must be one of below, above, got "under"',
  );
});
