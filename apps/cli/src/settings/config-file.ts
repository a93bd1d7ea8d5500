/** @file Settings as JSON: what `--json` writes about a fit, and `--config` reads. */
import { ArgumentError, didYouMean, explainedWithin, InputError } from '@neural-fields/app-kit';
import { readInput } from '@neural-fields/app-kit/files';
import { asRecord, type JsonRecord, parseRecord, show, wrong } from '@neural-fields/app-kit/signals';
import { type GivenSettings, type SettingName, settingDefinitions, settingNames } from './fit-settings.ts';

/** Settings in JSON, by the names of {@link settingNames}. */
export type SettingsJson = Readonly<Record<string, string | number | boolean>>;

/** The settings that have a value, as JSON. */
export const settingsToJson = (settings: GivenSettings): SettingsJson => {
  const jsonOf = (name: SettingName): string | number | boolean =>
    settingDefinitions[name].format?.(settings) ?? (settings[name] as string | number | boolean);
  return Object.fromEntries(
    settingNames.filter(name => settings[name] !== undefined).map(name => [name, jsonOf(name)]),
  );
};

const settingFromJson = (name: SettingName, value: unknown): unknown => {
  const { parse } = settingDefinitions[name];
  if (parse === undefined) {
    if (typeof value === 'boolean') return value;
    throw wrong(name, 'true or false', value);
  }
  if (typeof value !== 'string' && typeof value !== 'number') throw wrong(name, 'a number or text', value);
  try {
    return parse(String(value));
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
    throw new InputError({ what: name, wanted: cause.wanted, got: show(value) }, { cause });
  }
};

/** The settings in a record. @throws InputError for an unknown name, or a value that the setting does not accept */
export const settingsFromJson = (record: JsonRecord): GivenSettings => {
  const entries = Object.entries(record).map(([key, value]) => {
    const name = settingNames.find(candidate => candidate === key);
    if (name === undefined)
      throw new InputError({
        what: show(key),
        problem: 'there is no such setting',
        hint: didYouMean(key, settingNames),
      });
    return [name, settingFromJson(name, value)] as const;
  });
  return Object.fromEntries(entries) as GivenSettings;
};

/** The first `start` event among the lines that `--json` wrote; `undefined` if there is none. */
const startEvent = (text: string): JsonRecord | undefined => {
  const line = text.split('\n').find(candidate => /^\{"event":"start"[,}]/.test(candidate));
  return line === undefined ? undefined : parseRecord(line);
};

/**
 * Reads the settings in a file: a settings object, or the output of `fit --json`, whose `start` event contains one.
 *
 * @throws InputError when the file cannot be read, or is neither of them
 */
export const readSettingsFile = async (path: string): Promise<GivenSettings> => {
  const text = new TextDecoder().decode(await readInput(path));
  try {
    const start = startEvent(text);
    return settingsFromJson(start === undefined ? parseRecord(text) : asRecord('settings', start['settings']));
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(explainedWithin(`--config '${path}'`, cause), { cause });
  }
};
