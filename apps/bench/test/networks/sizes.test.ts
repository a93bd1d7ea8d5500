import { networkPreset, networkPresets } from '@neural-fields/networks';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coordinateScaleFor, frequencyOptions, hasFrequency } from '../../src/networks/frequency.ts';
import { networkOfTrial } from '../../src/networks/network-of-trial.ts';
import { solveSize } from '../../src/networks/sized-network.ts';

const size = { inFeatures: 2, outFeatures: 1 };
const picture = { ...size, samples: 64 };

describe('networks of about equal size', () => {
  test.each(networkPresets.map(({ name }) => name))('%s has about as many parameters as asked for', name => {
    const trial = { network: name, parameters: 20_000, frequency: 1, seed: 0 };
    const { parameters } = networkOfTrial(trial, { derivative: 'value' }, picture);
    expect(Math.abs(parameters / 20_000 - 1)).toBeLessThan(0.06);
  });

  test('no other width is nearer', () => {
    const preset = networkPreset('siren');
    // 2-w-w-w-w-1
    const count = (w: number): number => 2 * w + w + 3 * (w * w + w) + w + 1;
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 1e6 }), parameters => {
        const { options, parameters: found } = solveSize(preset, size, { options: {}, parameters });
        const width = options['hiddenFeatures'] as number;
        expect(found).toBe(count(width));
        for (const other of [width - 1, width + 1].filter(w => w > 0))
          expect(Math.abs(found - parameters)).toBeLessThanOrEqual(Math.abs(count(other) - parameters));
      }),
      { numRuns: 20 },
    );
  });

  test('without a number the network is that of the paper; one that cannot be so narrow says so', () => {
    const { parameters } = solveSize(networkPreset('siren'), size, { options: {} });
    expect(parameters).toBe(2 * 256 + 256 + 3 * (256 * 256 + 256) + 256 + 1);
    const least = solveSize(networkPreset('deepsdf'), size, { options: {}, parameters: 1 });
    expect(least.options['hiddenFeatures']).toBe(2 + 16 + 1);
  });
});

describe('frequencies', () => {
  const context = { samples: 64, coordinateScale: 1, factor: 1 };
  const of = (name: string, changes: Partial<typeof context> = {}) =>
    frequencyOptions(networkPreset(name), { ...context, ...changes });

  test('are those of the paper, or its rule for the number of samples', () => {
    expect(of('siren')).toEqual({ omega0: 30 });
    expect(of('bacon')).toEqual({ bandLimit: 32 });
    expect(of('instant-ngp')).toEqual({ finestResolution: 32, baseResolution: 16 });
    expect(of('relu-positional-encoding')).toEqual({ octaves: 4 });
    expect(of('relu')).toEqual({});
  });

  test('are multiplied by the factor; widths are divided by it', () => {
    expect(of('siren', { factor: 0.5 })).toEqual({ omega0: 15 });
    expect(of('wire', { factor: 0.25 })).toEqual({ omega: 5, scale: 2.5 });
    expect(of('gaussian', { factor: 0.5 })['sigma']).toBeCloseTo(2 * (of('gaussian')['sigma'] as number), 12);
    expect(of('relu-positional-encoding', { factor: 0.25 })).toEqual({ octaves: 2 });
    expect(of('instant-ngp', { factor: 0.25 })).toEqual({ finestResolution: 8, baseResolution: 8 });
  });

  test('of sounds come with the coordinates, or with the encoding', () => {
    for (const [name, scale] of [
      ['siren', 100],
      ['relu', 100],
      ['relu-fourier-features', 1],
      ['instant-ngp', 1],
    ] as const)
      expect([name, coordinateScaleFor(networkPreset(name), 100)]).toEqual([name, scale]);
    expect(of('relu-fourier-features', { coordinateScale: 100 })).toEqual({ sigma: 500 });
    expect(of('siren', { coordinateScale: 100 })).toEqual({ omega0: 30 });
  });

  test('every rule sets options that the preset has', () => {
    for (const preset of networkPresets) {
      const options = frequencyOptions(preset, { ...context, factor: 0.5 });
      expect([preset.name, Object.keys(options).length > 0]).toEqual([preset.name, hasFrequency(preset)]);
      expect(Object.keys(preset.options)).toEqual(expect.arrayContaining(Object.keys(options)));
      expect(Object.values(options).every(value => Number.isFinite(value) && value > 0)).toBe(true);
    }
  });

  test('a Laplacian needs a smooth grid, and drawn frequencies follow the seed', () => {
    const optionsOf = (network: string, derivative: 'value' | 'laplacian', seed = 0) =>
      networkOfTrial({ network, parameters: 5000, frequency: 1, seed }, { derivative }, picture).options;
    expect(optionsOf('instant-ngp', 'value')['interpolation']).toBeUndefined();
    expect(optionsOf('instant-ngp', 'laplacian')['interpolation']).toBe('smoothstep');
    expect(optionsOf('relu-fourier-features', 'value', 3)['seed']).toBe(3);
  });
});
