/** @file Snapshots of shader sources, for review; their correctness is tested by running them. */
import { huberPenalty } from '@neural-fields/core/elementwise';
import { describe, expect, it } from 'vitest';
import { activationFunctions, identity } from '../../src/wgsl/activations.ts';
import { backwardLayer } from '../../src/wgsl/backward-layer.ts';
import { forwardLayer } from '../../src/wgsl/forward-layer.ts';
import { type JetFormat, single } from '../../src/wgsl/jet-format.ts';
import { backwardRule, forwardRule, type JetShape, valueOnly } from '../../src/wgsl/jet-rule.ts';
import { pointwiseLoss } from '../../src/wgsl/last-layer.ts';
import { sumParts } from '../../src/wgsl/reduce.ts';
import { weightGradient } from '../../src/wgsl/weight-gradient.ts';
import { layerActivation } from '../setup/layer-activation.ts';

const sine = layerActivation('sine', { omega: 30 });
const learnedSine = { ...sine, learnable: ['omega'] };
const laplacian: JetShape = {
  first: 2,
  second: 1,
  pairs: [
    [0, 0],
    [1, 1],
  ],
  weights: [[1, 1]],
};
const mixed: JetShape = { first: 2, second: 1, pairs: [[0, 1]], weights: [[-0.5]] };

describe('the rule of an activation', () => {
  it('has the requested derivatives', () => {
    expect(activationFunctions(sine, { order: 1 }).at(-1)).toMatchInlineSnapshot(`
      "struct Derivatives { s0: vec4<f32>, s1: vec4<f32> }
      fn activate(x: vec4<f32>, p0: f32) -> Derivatives {
        let v0 = x * p0;
        let sineCosine0 = sineAndCosine(v0);
        let v1 = sineCosine0.sine;
        let v2 = sineCosine0.cosine;
        let v3 = v2 * p0;
        return Derivatives(v1, v3);
      }"
    `);
    expect(activationFunctions(layerActivation('tanh'), { order: 3 }).at(-1)).toMatchInlineSnapshot(`
      "struct Derivatives { s0: vec4<f32>, s1: vec4<f32>, s2: vec4<f32>, s3: vec4<f32> }
      fn activate(x: vec4<f32>) -> Derivatives {
        let v0 = hyperbolicTangent(x);
        let v1 = v0 * v0;
        let v2 = 1.0 - v1;
        let v3 = v0 * v2;
        let v4 = v3 * -2.0;
        let v5 = v2 * 6.0;
        let v6 = 4.0 - v5;
        let v7 = v2 * v6;
        return Derivatives(v0, v2, v4, v7);
      }"
    `);
  });

  it('has a forward pass', () => {
    expect(forwardRule(sine, laplacian)).toMatchInlineSnapshot(`
      "let s = activate(z0, p0);
      let h0 = s.s0;
      let h1 = s.s1 * z1;
      let h2 = s.s1 * z2;
      let h3 = s.s1 * z3 + s.s2 * (z1 * z1 + z2 * z2);"
    `);
    expect(forwardRule(sine, mixed)).toMatchInlineSnapshot(`
      "let s = activate(z0, p0);
      let h0 = s.s0;
      let h1 = s.s1 * z1;
      let h2 = s.s1 * z2;
      let h3 = s.s1 * z3 + s.s2 * (-0.5 * z1 * z2);"
    `);
    expect(forwardRule(identity, valueOnly)).toMatchInlineSnapshot(`"let h0 = z0;"`);
  });

  it('has a backward pass', () => {
    expect(backwardRule(sine, valueOnly)).toMatchInlineSnapshot(`
      "let s = activate(z0, p0);
      g0 = s.s1 * g0;"
    `);
    expect(backwardRule(learnedSine, laplacian)).toMatchInlineSnapshot(`
      "let s = activate(z0, p0);
      let along = z1 * g1 + z2 * g2 + z3 * g3;
      let u0 = g3;
      let u1 = g3;
      let cross = u0 * z1 * z1 + u1 * z2 * z2;
      learned0 += dot(s.p0_0, g0) + dot(s.p0_1, along) + dot(s.p0_2, cross);
      g0 = s.s1 * g0 + s.s2 * along + s.s3 * cross;
      g1 = s.s1 * g1;
      g2 = s.s1 * g2;
      g1 += s.s2 * u0 * z1;
      g1 += s.s2 * u0 * z1;
      g2 += s.s2 * u1 * z2;
      g2 += s.s2 * u1 * z2;
      g3 = s.s1 * g3;"
    `);
    expect(backwardRule(identity, laplacian)).toBe('');
  });
});

const inFloat32 = { rows: single, h: single, z: single };
const half: JetFormat = { half: true, scale: 32 };

const layer = { inFeatures: 6, outFeatures: 8, hasBias: true, activation: sine };

describe('a layer', () => {
  it('has a forward pass with workgroup memory', () => {
    const { code } = forwardLayer(
      layer,
      { ...valueOnly, first: 4 },
      { keepsPreActivations: true, style: 'tiled', formats: inFloat32 },
    );
    expect(code.slice(code.indexOf('@compute'))).toMatchInlineSnapshot(`
      "@compute @workgroup_size(4, 16)
      fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
        var sum0_0 = vec4(0.0);
        var sum1_0 = vec4(0.0);
        var sum2_0 = vec4(0.0);
        var sum3_0 = vec4(0.0);
        var sum4_0 = vec4(0.0);
        for (var step = 0u; step < 2u; step += 4u) {
          for (var i = lane; i < 320u; i += 64u) {
            let row = i / 4u;
            let vector = step + i % 4u;
            let point = min(group.y * 16u + row % 16u, sizes.points - 1u);
            rowTile[i] = select(vec4(0.0), rows[((row / 16u) * sizes.points + point) * 2u + min(vector, 1u)], vector < 2u);
          }
          for (var i = lane; i < 64u; i += 64u) {
            weightTile[i] = weightAt(step * 4u + i / 4u, group.x * 4u + i % 4u);
          }
          workgroupBarrier();
          for (var k = 0u; k < 4u; k++) {
            let w0 = weightTile[(k * 4u + 0u) * 4u + local.x];
            let w1 = weightTile[(k * 4u + 1u) * 4u + local.x];
            let w2 = weightTile[(k * 4u + 2u) * 4u + local.x];
            let w3 = weightTile[(k * 4u + 3u) * 4u + local.x];
            sum0_0 = addProducts(rowTile[(0u + local.y) * 4u + k], w0, w1, w2, w3, sum0_0);
            sum1_0 = addProducts(rowTile[(16u + local.y) * 4u + k], w0, w1, w2, w3, sum1_0);
            sum2_0 = addProducts(rowTile[(32u + local.y) * 4u + k], w0, w1, w2, w3, sum2_0);
            sum3_0 = addProducts(rowTile[(48u + local.y) * 4u + k], w0, w1, w2, w3, sum3_0);
            sum4_0 = addProducts(rowTile[(64u + local.y) * 4u + k], w0, w1, w2, w3, sum4_0);
          }
          workgroupBarrier();
        }
        let vector = group.x * 4u + local.x;
        if (vector >= 2u) { return; }
        let biasHere = biasAt(0u, vector);
        let p0: f32 = 30.0;
        {
          let point = group.y * 16u + 0u + local.y;
          if (point < sizes.points) {
            let z0 = sum0_0 + biasHere;
            let z1 = sum1_0;
            let z2 = sum2_0;
            let z3 = sum3_0;
            let z4 = sum4_0;
            let s = activate(z0, p0);
            let h0 = s.s0;
            let h1 = s.s1 * z1;
            let h2 = s.s1 * z2;
            let h3 = s.s1 * z3;
            let h4 = s.s1 * z4;
            z[(0u * sizes.points + point) * 2u + vector] = z0;
            h[(0u * sizes.points + point) * 2u + vector] = h0;
            z[(1u * sizes.points + point) * 2u + vector] = z1;
            h[(1u * sizes.points + point) * 2u + vector] = h1;
            z[(2u * sizes.points + point) * 2u + vector] = z2;
            h[(2u * sizes.points + point) * 2u + vector] = h2;
            z[(3u * sizes.points + point) * 2u + vector] = z3;
            h[(3u * sizes.points + point) * 2u + vector] = h3;
            z[(4u * sizes.points + point) * 2u + vector] = z4;
            h[(4u * sizes.points + point) * 2u + vector] = h4;
          }
        }
      }"
    `);
  });

  it('has a direct forward pass', () => {
    const { code } = forwardLayer({ ...layer, activation: identity }, valueOnly, {
      keepsPreActivations: true,
      style: 'direct',
      formats: inFloat32,
    });
    expect(code).toMatchInlineSnapshot(`
      "struct Sizes { points: u32 }
      @group(0) @binding(0) var<uniform> sizes: Sizes;
      @group(0) @binding(1) var<storage, read> rows: array<vec4<f32>>;
      @group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>;
      @group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
      @group(0) @binding(4) var<storage, read_write> h: array<vec4<f32>>;
      fn weightAt(row: u32, vector: u32) -> vec4<f32> {
        if (row >= 6u || vector >= 2u) { return vec4(0.0); }
        return weights[row * 2u + vector];
      }
      fn addProducts(x: vec4<f32>, w0: vec4<f32>, w1: vec4<f32>, w2: vec4<f32>, w3: vec4<f32>, sum: vec4<f32>) -> vec4<f32> {
        return fma(vec4(x.w), w3, fma(vec4(x.z), w2, fma(vec4(x.y), w1, fma(vec4(x.x), w0, sum))));
      }
      fn biasAt(row: u32, vector: u32) -> vec4<f32> {
        if (row >= 1u || vector >= 2u) { return vec4(0.0); }
        return bias[row * 2u + vector];
      }
      @compute @workgroup_size(16, 4)
      fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
        let column = group.x * 16u + local.x;
        let rowPoint = min(group.y * 4u + local.y, sizes.points - 1u);
        var sum0_0 = vec4(0.0);
        for (var k = 0u; k < 2u; k++) {
          let w0 = weightAt(k * 4u + 0u, column);
          let w1 = weightAt(k * 4u + 1u, column);
          let w2 = weightAt(k * 4u + 2u, column);
          let w3 = weightAt(k * 4u + 3u, column);
          sum0_0 = addProducts(rows[(0u * sizes.points + rowPoint) * 2u + k], w0, w1, w2, w3, sum0_0);
        }
        let vector = group.x * 16u + local.x;
        if (vector >= 2u) { return; }
        let biasHere = biasAt(0u, vector);
        {
          let point = group.y * 4u + local.y;
          if (point < sizes.points) {
            let z0 = sum0_0 + biasHere;
            let h0 = z0;
            h[(0u * sizes.points + point) * 2u + vector] = h0;
          }
        }
      }"
    `);
  });

  it('has a backward pass with workgroup memory', () => {
    const { code } = backwardLayer(
      { inFeatures: 8, outFeatures: 3 },
      { ...valueOnly, first: 7 },
      { before: identity, style: 'tiled', format: single },
    );
    expect(code.slice(0, code.indexOf('@compute'))).toMatchInlineSnapshot(`
      "struct Sizes { points: u32 }
      @group(0) @binding(0) var<uniform> sizes: Sizes;
      @group(0) @binding(1) var<storage, read> rows: array<vec4<f32>>;
      @group(0) @binding(2) var<storage, read> weights: array<f32>;
      @group(0) @binding(3) var<storage, read_write> result: array<vec4<f32>>;
      var<workgroup> rowTile: array<vec4<f32>, 512>;
      var<workgroup> weightTile: array<vec4<f32>, 64>;
      fn weightAt(row: u32, vector: u32) -> vec4<f32> {
        if (row >= 8u || vector >= 1u) { return vec4(0.0); }
        var result = vec4(0.0);
        for (var i = 0u; i < 4u && vector * 4u + i < 3u; i++) { result[i] = weights[row * 3u + vector * 4u + i]; }
        return result;
      }
      fn addProducts(x: vec4<f32>, w0: vec4<f32>, w1: vec4<f32>, w2: vec4<f32>, w3: vec4<f32>, sum: vec4<f32>) -> vec4<f32> {
        return fma(vec4(x.w), w3, fma(vec4(x.z), w2, fma(vec4(x.y), w1, fma(vec4(x.x), w0, sum))));
      }
      "
    `);
  });

  it('sums the gradient of its weight', () => {
    const { code } = weightGradient(layer, 'direct', { jet: valueOnly, format: single });
    expect(code).toMatchInlineSnapshot(`
      "struct Sizes { rows: u32, points: u32, rowsPerPart: u32, stride: u32, offset: u32 }
      @group(0) @binding(0) var<uniform> sizes: Sizes;
      @group(0) @binding(1) var<storage, read> rows: array<vec4<f32>>;
      @group(0) @binding(2) var<storage, read> upstream: array<vec4<f32>>;
      @group(0) @binding(3) var<storage, read_write> parts: array<f32>;
      fn store(start: u32, column: u32, values: vec4<f32>) {
        for (var i = 0u; i < 4u && column + i < 8u; i++) { parts[start + column + i] = values[i]; }
      }
      @compute @workgroup_size(16, 4)
      fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
        var sum0_0 = vec4(0.0);
        var sum0_1 = vec4(0.0);
        var sum0_2 = vec4(0.0);
        var sum0_3 = vec4(0.0);
        var biasSum = vec4(0.0);
        var start = group.z * sizes.rowsPerPart;
        let end = min(start + sizes.rowsPerPart, sizes.rows);
        let inVector = min(group.y * 4u + local.y, 1u);
        let outVector = min(group.x * 16u + local.x, 1u);
        for (; start < end; start += 1u) {
          let x0 = rows[start * 2u + inVector];
          let g = upstream[start * 2u + outVector];
          sum0_0 = fma(vec4(x0.x), g, sum0_0);
          sum0_1 = fma(vec4(x0.y), g, sum0_1);
          sum0_2 = fma(vec4(x0.z), g, sum0_2);
          sum0_3 = fma(vec4(x0.w), g, sum0_3);
          if (start < sizes.points) { biasSum += g; }
        }
        let column = (group.x * 16u + local.x) * 4u;
        let base = group.z * sizes.stride + sizes.offset;
        {
          let row = (group.y * 4u + 0u + local.y) * 4u;
          if (row + 0u < 6u) { store(base + (row + 0u) * 8u, column, sum0_0); }
          if (row + 1u < 6u) { store(base + (row + 1u) * 8u, column, sum0_1); }
          if (row + 2u < 6u) { store(base + (row + 2u) * 8u, column, sum0_2); }
          if (row + 3u < 6u) { store(base + (row + 3u) * 8u, column, sum0_3); }
        }
        if (group.y == 0u && local.y == 0u) { store(base + 48u, column, biasSum); }
      }"
    `);
  });

  it('sums the gradient of a long and narrow weight in small workgroups', () => {
    const { code } = weightGradient({ ...layer, inFeatures: 2, outFeatures: 64 }, 'tiled', {
      jet: valueOnly,
      format: single,
    });
    expect(code.slice(code.indexOf('var<workgroup>'), code.indexOf('let column'))).toMatchInlineSnapshot(`
      "var<workgroup> rowTile: array<vec4<f32>, 128>;
      var<workgroup> upstreamTile: array<vec4<f32>, 512>;
      fn store(start: u32, column: u32, values: vec4<f32>) {
        for (var i = 0u; i < 4u && column + i < 64u; i++) { parts[start + column + i] = values[i]; }
      }
      @compute @workgroup_size(16, 4)
      fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
        var sum0_0 = vec4(0.0);
        var sum0_1 = vec4(0.0);
        var sum0_2 = vec4(0.0);
        var sum0_3 = vec4(0.0);
        var biasSum = vec4(0.0);
        var start = group.z * sizes.rowsPerPart;
        let end = min(start + sizes.rowsPerPart, sizes.rows);
        for (; start < end; start += 32u) {
          for (var i = lane; i < 128u; i += 64u) {
            let row = start + i / 4u;
            let vector = group.y * 4u + i % 4u;
            var x = vec4(0.0);
            if (row < end && vector < 1u) { x = rows[row * 1u + vector]; }
            rowTile[i] = x;
          }
          for (var i = lane; i < 512u; i += 64u) {
            let row = start + i / 16u;
            let vector = group.x * 16u + i % 16u;
            var g = vec4(0.0);
            if (row < end && vector < 16u) { g = upstream[row * 16u + vector]; }
            upstreamTile[i] = g;
          }
          workgroupBarrier();
          for (var k = 0u; k < 32u; k++) {
            let g = upstreamTile[k * 16u + local.x];
            let x0 = rowTile[k * 4u + 0u + local.y];
            sum0_0 = fma(vec4(x0.x), g, sum0_0);
            sum0_1 = fma(vec4(x0.y), g, sum0_1);
            sum0_2 = fma(vec4(x0.z), g, sum0_2);
            sum0_3 = fma(vec4(x0.w), g, sum0_3);
          }
          if (group.y == 0u && local.y == 0u) {
            for (var k = 0u; k < 32u && start + k < sizes.points; k++) { biasSum += upstreamTile[k * 16u + local.x]; }
          }
          workgroupBarrier();
        }
        "
    `);
  });
});

describe('a layer in half precision', () => {
  it('sums in float32, and scales derivatives where they are stored', () => {
    const formats = { rows: half, h: half, z: half };
    const { code, storage } = forwardLayer(layer, laplacian, { keepsPreActivations: true, style: 'tiled', formats });
    expect(storage.map(({ name, type }) => `${name} ${type}`)).toMatchInlineSnapshot(`
      [
        "rows vec4<f16>",
        "weights vec4<f32>",
        "bias vec4<f32>",
        "z vec4<f32>",
        "zDerivatives vec4<f16>",
        "h vec4<f16>",
      ]
    `);
    expect(code.slice(0, code.indexOf('struct'))).toMatchInlineSnapshot(`
      "enable f16;
      "
    `);
    expect(code.slice(code.indexOf('var<workgroup>'), code.indexOf('fn weightAt'))).toMatchInlineSnapshot(`
      "var<workgroup> rowTile: array<vec4<f16>, 512>;
      var<workgroup> weightTile: array<vec4<f32>, 64>;
      "
    `);
    expect(code.slice(code.indexOf('for (var i'), code.indexOf('for (var i = lane; i < 64u'))).toMatchInlineSnapshot(`
      "for (var i = lane; i < 512u; i += 64u) {
            let row = i / 4u;
            let vector = step + i % 4u;
            let point = min(group.y * 32u + row % 32u, sizes.points - 1u);
            rowTile[i] = select(vec4(0.0), rows[((row / 32u) * sizes.points + point) * 2u + min(vector, 1u)], vector < 2u);
          }
          "
    `);
    expect(code.slice(code.indexOf('let w0 ='), code.indexOf('let vector = group.x'))).toMatchInlineSnapshot(`
      "let w0 = weightTile[(k * 4u + 0u) * 4u + local.x];
            let w1 = weightTile[(k * 4u + 1u) * 4u + local.x];
            let w2 = weightTile[(k * 4u + 2u) * 4u + local.x];
            let w3 = weightTile[(k * 4u + 3u) * 4u + local.x];
            sum0_0 = addProducts(vec4<f32>(rowTile[(0u + local.y) * 4u + k]), w0, w1, w2, w3, sum0_0);
            sum0_1 = addProducts(vec4<f32>(rowTile[(16u + local.y) * 4u + k]), w0, w1, w2, w3, sum0_1);
            sum1_0 = addProducts(vec4<f32>(rowTile[(32u + local.y) * 4u + k]), w0, w1, w2, w3, sum1_0);
            sum1_1 = addProducts(vec4<f32>(rowTile[(48u + local.y) * 4u + k]), w0, w1, w2, w3, sum1_1);
            sum2_0 = addProducts(vec4<f32>(rowTile[(64u + local.y) * 4u + k]), w0, w1, w2, w3, sum2_0);
            sum2_1 = addProducts(vec4<f32>(rowTile[(80u + local.y) * 4u + k]), w0, w1, w2, w3, sum2_1);
            sum3_0 = addProducts(vec4<f32>(rowTile[(96u + local.y) * 4u + k]), w0, w1, w2, w3, sum3_0);
            sum3_1 = addProducts(vec4<f32>(rowTile[(112u + local.y) * 4u + k]), w0, w1, w2, w3, sum3_1);
          }
          workgroupBarrier();
        }
        "
    `);
    expect(
      code.slice(code.indexOf('let z0 ='), code.indexOf('let point = group.y * 32u + 16u')),
    ).toMatchInlineSnapshot(`
      "let z0 = sum0_0 + biasHere;
            let z1 = sum1_0 * 32.0;
            let z2 = sum2_0 * 32.0;
            let z3 = sum3_0 * 1024.0;
            let s = activate(z0, p0);
            let h0 = s.s0;
            let h1 = s.s1 * z1;
            let h2 = s.s1 * z2;
            let h3 = s.s1 * z3 + s.s2 * (z1 * z1 + z2 * z2);
            z[(0u * sizes.points + point) * 2u + vector] = z0;
            h[(0u * sizes.points + point) * 2u + vector] = vec4<f16>(h0);
            zDerivatives[(0u * sizes.points + point) * 2u + vector] = vec4<f16>(z1);
            h[(1u * sizes.points + point) * 2u + vector] = vec4<f16>(h1 * 0.03125);
            zDerivatives[(1u * sizes.points + point) * 2u + vector] = vec4<f16>(z2);
            h[(2u * sizes.points + point) * 2u + vector] = vec4<f16>(h2 * 0.03125);
            zDerivatives[(2u * sizes.points + point) * 2u + vector] = vec4<f16>(z3 * 0.03125);
            h[(3u * sizes.points + point) * 2u + vector] = vec4<f16>(h3 * 0.0009765625);
          }
        }
        {
          "
    `);
  });

  it('has a backward pass with float16 derivatives and a float32 phase', () => {
    const { code } = backwardLayer(layer, laplacian, { before: sine, style: 'direct', format: half });
    expect(code.slice(code.lastIndexOf('let z0'), code.lastIndexOf('let s ='))).toMatchInlineSnapshot(`
      "let z0 = z[(0u * sizes.points + point) * 2u + vector];
            let z1 = vec4<f32>(zDerivatives[(0u * sizes.points + point) * 2u + vector]);
            let z2 = vec4<f32>(zDerivatives[(1u * sizes.points + point) * 2u + vector]);
            let z3 = vec4<f32>(zDerivatives[(2u * sizes.points + point) * 2u + vector]) * 32.0;
            "
    `);
    expect(code).toContain('var<storage, read> rows: array<vec4<f32>>;');
    expect(code).toContain('var<storage, read_write> result: array<vec4<f32>>;');
  });

  it('sums the gradient of its weight in float32', () => {
    const { code } = weightGradient(layer, 'tiled', { jet: laplacian, format: half });
    expect(code.slice(code.indexOf('var<workgroup>'), code.indexOf('fn store'))).toMatchInlineSnapshot(`
      "var<workgroup> rowTile: array<vec4<f16>, 512>;
      var<workgroup> upstreamTile: array<vec4<f32>, 128>;
      fn scaleOf(row: u32) -> f32 {
        return select(select(1024.0, 32.0, row < 3u * sizes.points), 1.0, row < sizes.points);
      }
      "
    `);
    expect(code.slice(code.indexOf('for (; start'), code.indexOf('if (group.y == 0u'))).toMatchInlineSnapshot(`
      "for (; start < end; start += 32u) {
          for (var i = lane; i < 512u; i += 64u) {
            let row = start + i / 16u;
            let vector = group.y * 16u + i % 16u;
            var x = vec4<f16>();
            if (row < end && vector < 2u) { x = rows[row * 2u + vector]; }
            rowTile[i] = x;
          }
          for (var i = lane; i < 128u; i += 64u) {
            let row = start + i / 4u;
            let vector = group.x * 4u + i % 4u;
            var g = vec4(0.0);
            if (row < end && vector < 2u) { g = upstream[row * 2u + vector] * scaleOf(row); }
            upstreamTile[i] = g;
          }
          workgroupBarrier();
          for (var k = 0u; k < 32u; k++) {
            let g = upstreamTile[k * 4u + local.x];
            let x0 = vec4<f32>(rowTile[k * 16u + 0u + local.y]);
            sum0_0 = fma(vec4(x0.x), g, sum0_0);
            sum0_1 = fma(vec4(x0.y), g, sum0_1);
            sum0_2 = fma(vec4(x0.z), g, sum0_2);
            sum0_3 = fma(vec4(x0.w), g, sum0_3);
          }
          "
    `);
  });

  it('differs only in the rows without derivatives', () => {
    const formats = { rows: { half: true, scale: 1 }, h: { half: true, scale: 1 }, z: { half: true, scale: 1 } };
    const options = { keepsPreActivations: true, style: 'direct' } as const;
    const { code } = forwardLayer(layer, valueOnly, { ...options, formats });
    const inSingle = forwardLayer(layer, valueOnly, { ...options, formats: inFloat32 }).code;
    const expected = inSingle
      .replace('struct', 'enable f16;\nstruct')
      .replace('rows: array<vec4<f32>>', 'rows: array<vec4<f16>>')
      .replace('h: array<vec4<f32>>', 'h: array<vec4<f16>>')
      .replace(/rows\[(.*)\], w0/, 'vec4<f32>(rows[$1]), w0')
      .replace('vector] = h0', 'vector] = vec4<f16>(h0)');
    expect(code).toBe(expected);
  });
});

it('a pointwise loss is computed at the beginning of the backward pass', () => {
  const target = { index: 0, column: 0 };
  const blocks = [{ factor: 1, target }, { factor: 0 }, { factor: 0.1 }];
  const penalty = huberPenalty(0.3);
  const loss = { blocks, penalty, weight: 1, targetWidths: [3, 1] };
  const { code, sizes } = pointwiseLoss(
    loss,
    { outFeatures: 3, activation: identity },
    { ...valueOnly, first: 2 },
    {
      format: single,
      perField: false,
    },
  );
  expect(sizes).toEqual(['points', 'columns', 'lossScale', 'gradientScale', 'target0', 'target1']);
  expect(code.slice(code.indexOf('struct Penalty'))).toMatchInlineSnapshot(`
    "struct Penalty { value: vec4<f32>, firstDerivative: vec4<f32> }
    fn penalise(error: vec4<f32>) -> Penalty {
      let u0 = -0.30000001192092896;
      let v0 = abs(error);
      let v1 = min(v0, vec4(0.30000001192092896));
      let v2 = v1 * 0.5;
      let v3 = v0 - v2;
      let v4 = v1 * v3;
      let v5 = max(error, vec4(u0));
      let v6 = min(v5, vec4(0.30000001192092896));
      return Penalty(v4, v6);
    }
    // A target of width 1 has pitch 0: it is the same for all outputs.
    fn targetAt(start: u32, vector: u32, pitch: u32) -> vec4<f32> {
      var values = vec4(0.0);
      for (var k = 0u; k < 4u && vector * 4u + k < 3u; k++) { values[k] = targets[start + (vector * 4u + k) * pitch]; }
      return values;
    }
    var<workgroup> laneSums: array<f32, 64>;
    fn addUp(part: f32, lane: u32) -> f32 {
      workgroupBarrier();
      laneSums[lane] = part;
      for (var distance = 32u; distance > 0u; distance /= 2u) {
        workgroupBarrier();
        if (lane < distance) { laneSums[lane] += laneSums[lane + distance]; }
      }
      return laneSums[0];
    }
    @compute @workgroup_size(64, 1)
    fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
      let index = group.y * sizes.columns + group.x;
      let i = index * 64u + lane;
      let vector = i % 1u;
      let point = i / 1u;
      let gradientScale = bitcast<f32>(sizes.gradientScale);
      var loss = 0.0;
      if (point < sizes.points) {
        let columns = vec4(vector * 4u) + vec4(0u, 1u, 2u, 3u);
        let present = select(vec4(0.0), vec4(1.0), columns < vec4(3u));
        let weight = present * targetAt(sizes.target1 + point * 1u + 0u, vector, 0u);
        let penalty0 = penalise(outputs[(0u * sizes.points + point) * 1u + vector] - targetAt(sizes.target0 + point * 3u + 0u, vector, 1u));
        loss += dot(weight, penalty0.value);
        var g0 = weight * gradientScale * penalty0.firstDerivative;
        var g1 = vec4(0.0);
        let penalty2 = penalise(outputs[(2u * sizes.points + point) * 1u + vector]);
        loss += dot(weight * 0.10000000149011612, penalty2.value);
        var g2 = weight * 0.10000000149011612 * gradientScale * penalty2.firstDerivative;
        result[(0u * sizes.points + point) * 1u + vector] = g0;
        result[(1u * sizes.points + point) * 1u + vector] = g1;
        result[(2u * sizes.points + point) * 1u + vector] = g2;
      }
      loss *= bitcast<f32>(sizes.lossScale);
      let lossSum = addUp(loss, lane);
      if (lane == 0u) { lossSums[index] = lossSum; }
    }"
  `);
});

it('parts are summed', () => {
  expect(sumParts.code).toMatchInlineSnapshot(`
    "struct Sizes { count: u32, parts: u32, continues: u32, columns: u32 }
    @group(0) @binding(0) var<uniform> sizes: Sizes;
    @group(0) @binding(1) var<storage, read> parts: array<f32>;
    @group(0) @binding(2) var<storage, read_write> total: array<f32>;
    @compute @workgroup_size(256, 1)
    fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
      let i = (group.y * sizes.columns + group.x) * 256u + lane;
      if (i >= sizes.count) { return; }
      var sum = 0.0;
      for (var p = 0u; p < sizes.parts; p++) { sum += parts[p * sizes.count + i]; }
      total[i] = select(sum, total[i] + sum, sizes.continues == 1u);
    }"
  `);
});

describe('many fields', () => {
  const own = { inFeatures: 3, outFeatures: 8, hasBias: true, ownWeight: true, ownBias: true } as const;

  it("reads the weight, the bias and the learned parameters of the workgroup's field", () => {
    const gaussian = { ...layerActivation('super-gaussian', { sigma: 1, b: 2 }, ['sigma', 'b']), own: ['b'] };
    const options = {
      keepsPreActivations: false,
      style: 'direct',
      formats: { rows: single, h: single, z: single },
    } as const;
    const { code, sizes } = forwardLayer({ ...own, activation: gaussian }, valueOnly, options);
    expect(sizes).toEqual(['points', 'fieldPoints', 'fields', 'fieldGroups']);
    expect(code).toContain('return weights[(field * 3u + row) * 2u + vector];');
    expect(code).toContain('return bias[(field * 1u + row) * 2u + vector];');
    expect(code).toContain('let p0: f32 = learnedParameters[0u + 0u * sizes.fields];');
    expect(code).toContain('let p1: f32 = learnedParameters[1u + 0u * sizes.fields + field];');
    expect(code.slice(code.indexOf('fn main'))).toMatchInlineSnapshot(`
      "fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
        field = group.z;
        let column = group.x * 16u + local.x;
        let rowPoint = min(field * sizes.fieldPoints + group.y * 4u + local.y, sizes.points - 1u);
        var sum0_0 = vec4(0.0);
        for (var k = 0u; k < 1u; k++) {
          let w0 = weightAt(k * 4u + 0u, column);
          let w1 = weightAt(k * 4u + 1u, column);
          let w2 = weightAt(k * 4u + 2u, column);
          let w3 = weightAt(k * 4u + 3u, column);
          sum0_0 = addProducts(rows[(0u * sizes.points + rowPoint) * 1u + k], w0, w1, w2, w3, sum0_0);
        }
        let vector = group.x * 16u + local.x;
        if (vector >= 2u) { return; }
        let biasHere = biasAt(0u, vector);
        let p0: f32 = learnedParameters[0u + 0u * sizes.fields];
        let p1: f32 = learnedParameters[1u + 0u * sizes.fields + field];
        {
          let point = field * sizes.fieldPoints + group.y * 4u + local.y;
          if (point < (field + 1u) * sizes.fieldPoints) {
            let z0 = sum0_0 + biasHere;
            let s = activate(z0, p0, p1);
            let h0 = s.s0;
            h[(0u * sizes.points + point) * 2u + vector] = h0;
          }
        }
      }"
    `);
  });

  it('sums the gradients of each field separately', () => {
    const { code } = weightGradient({ ...own, activation: identity }, 'direct', {
      jet: { ...valueOnly, first: 2 },
      format: single,
    });
    expect(code.slice(code.indexOf('fn rowOf'))).toMatchInlineSnapshot(`
      "fn rowOf(row: u32, field: u32) -> u32 {
        let block = row / sizes.fieldPoints;
        return block * sizes.points + field * sizes.fieldPoints + row % sizes.fieldPoints;
      }
      fn store(start: u32, column: u32, values: vec4<f32>) {
        for (var i = 0u; i < 4u && column + i < 8u; i++) { parts[start + column + i] = values[i]; }
      }
      @compute @workgroup_size(16, 4)
      fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
        var sum0_0 = vec4(0.0);
        var sum0_1 = vec4(0.0);
        var sum0_2 = vec4(0.0);
        var sum0_3 = vec4(0.0);
        var biasSum = vec4(0.0);
        let field = group.z / sizes.parts;
        var start = (group.z % sizes.parts) * sizes.rowsPerPart;
        let end = min(start + sizes.rowsPerPart, sizes.rows);
        let inVector = min(group.y * 4u + local.y, 0u);
        let outVector = min(group.x * 16u + local.x, 1u);
        for (; start < end; start += 1u) {
          let row = rowOf(start, field);
          let x0 = rows[row * 1u + inVector];
          let g = upstream[row * 2u + outVector];
          sum0_0 = fma(vec4(x0.x), g, sum0_0);
          sum0_1 = fma(vec4(x0.y), g, sum0_1);
          sum0_2 = fma(vec4(x0.z), g, sum0_2);
          sum0_3 = fma(vec4(x0.w), g, sum0_3);
          if (start < sizes.fieldPoints) { biasSum += g; }
        }
        let column = (group.x * 16u + local.x) * 4u;
        let base = (group.z % sizes.parts) * sizes.stride + sizes.offset + field * 24u;
        {
          let row = (group.y * 4u + 0u + local.y) * 4u;
          if (row + 0u < 3u) { store(base + (row + 0u) * 8u, column, sum0_0); }
          if (row + 1u < 3u) { store(base + (row + 1u) * 8u, column, sum0_1); }
          if (row + 2u < 3u) { store(base + (row + 2u) * 8u, column, sum0_2); }
          if (row + 3u < 3u) { store(base + (row + 3u) * 8u, column, sum0_3); }
        }
        if (group.y == 0u && local.y == 0u) { store((group.z % sizes.parts) * sizes.stride + sizes.biasOffset + field * 8u, column, biasSum); }
      }"
    `);
  });
});
