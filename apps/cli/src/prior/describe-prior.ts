/** @file What `info` says about models other than fields: about priors all, about others what they say themselves. */
import { formatBytes, formatCount } from '@neural-fields/app-kit';
import { extensions } from '@neural-fields/app-kit/fitting';
import { type FieldSpec, outFeatures, parameterLayout, parseSpec } from '@neural-fields/core';
import type { ModelFile } from '@neural-fields/core/files';
import { modelName } from '../files/read-model.ts';
import { PRIOR_PICTURES_KEY } from './prior-description.ts';

/** `set-encoder: hiddenFeatures 64, omega0 8`: a kind with its settings. */
const describeSpec = (spec: unknown): string => {
  if (typeof spec !== 'object' || spec === null) return String(spec);
  const { kind, ...settings } = spec as Readonly<Record<string, unknown>>;
  const given = Object.entries(settings).filter(([, value]) => typeof value !== 'object');
  const texts = given.map(([name, value]) => `${name} ${String(value).slice(0, 40)}`);
  return [String(kind).slice(0, 40), texts.join(', ')].filter(text => text !== '').join(': ');
};

const describeField = (spec: unknown): string => {
  try {
    const field = parseSpec(spec as FieldSpec, extensions);
    const [coordinates, values] = [field.inFeatures, outFeatures(field, extensions)];
    return `${coordinates} coordinates, ${values} values, ${formatCount(parameterLayout(field, extensions).size)} parameters`;
  } catch {
    return 'one that this version cannot read';
  }
};

const describePictures = (text: string | undefined): string => {
  try {
    const { side, channels } = JSON.parse(text ?? '') as { readonly side: unknown; readonly channels: unknown };
    if (typeof side === 'number' && typeof channels === 'number')
      return `pictures of ${side} x ${side}, ${channels === 1 ? 'grey' : 'in colour'}`;
  } catch {
    // Another program's prior, or a damaged record.
  }
  return 'unknown: the file does not say';
};

/** The number of parameters of a model. */
export const modelParameters = ({ parameters }: ModelFile): number =>
  [...parameters.values()].reduce((total, { data }) => total + data.length, 0);

/** The lines that describe a model's file. */
export const describeModel = (path: string, model: ModelFile, bytes: number): readonly string[] => {
  const { description, metadata, state } = model;
  const name = state.size > 0 ? `a checkpoint of ${modelName(model)}` : modelName(model);
  const lines = [`${path}: ${name}, ${formatBytes(bytes)}, ${formatCount(modelParameters(model))} parameters`];
  const say = (label: string, text: string): void => {
    lines.push(`${label.padEnd(10)}  ${text}`);
  };
  if (description['kind'] === 'prior') {
    say('represents', describePictures(metadata[PRIOR_PICTURES_KEY]));
    say('latents', `${String(description['latentFeatures'])} numbers`);
    say('field', describeField(description['field']));
    say('generator', describeSpec(description['generator']));
    say('encoder', describeSpec(description['encoder']));
    return lines;
  }
  if (description['field'] !== undefined) say('field', describeField(description['field']));
  for (const [key, value] of Object.entries(description))
    if (key !== 'kind' && typeof value !== 'object') say(key.slice(0, 40), String(value).slice(0, 100));
  return lines;
};
