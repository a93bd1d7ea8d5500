/** @file The layers of a field as rows of a table. */
import { extensions } from '@neural-fields/app-kit/fitting';
import type { LayerSpec, ParameterEntry } from '@neural-fields/core';
import { networkOf } from '@neural-fields/core/kernels';
import { layerPath } from '@neural-fields/core/layers';
import type { InspectedField } from './load-field.ts';

/** One layer as the table shows it. */
export interface LayerRow {
  readonly layer: number;
  readonly kind: string;
  readonly shape: string;
  readonly activation: string;
  readonly parameters: number;
}

const describeActivation = (layer: LayerSpec): string => {
  if ('period' in layer) return `sine, period ${String(layer.period)}`;
  const activation = 'activation' in layer ? layer.activation : undefined;
  if (typeof activation !== 'object' || activation === null) return '';
  const { kind, ...numbers } = activation as Readonly<Record<string, unknown>>;
  const settings = Object.entries(numbers).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? value : JSON.stringify(value)}`,
  );
  return [String(kind), ...settings].join(' ');
};

/** The layers of a field. */
export const layerRows = ({
  data: { spec },
  unknownActivation = false,
}: { readonly data: Pick<InspectedField['data'], 'spec'> } & Pick<InspectedField, 'unknownActivation'>): LayerRow[] => {
  const { layers, layout } = networkOf(spec, extensions);
  const { entries } = layout;
  /** The parameters of a layer and of all layers nested in it. */
  const ofLayer = new Map<string, ParameterEntry[]>();
  for (const entry of entries) {
    const path = entry.layer.split('.', 2).join('.');
    const own = ofLayer.get(path);
    if (own) own.push(entry);
    else ofLayer.set(path, [entry]);
  }
  return spec.layers.map((layer, index) => {
    const own = ofLayer.get(layerPath(index)) ?? [];
    const weight = own.find(({ role }) => role === 'weight');
    const { inFeatures, outFeatures } = layers[index] as (typeof layers)[number];
    return {
      layer: index,
      kind: layer.kind,
      shape: weight ? weight.shape.join(' -> ') : `${inFeatures} -> ${outFeatures}`,
      activation: unknownActivation && index < spec.layers.length - 1 ? 'unknown' : describeActivation(layer),
      parameters: own.reduce((total, { size }) => total + size, 0),
    };
  });
};
