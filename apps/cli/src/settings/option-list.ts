/** @file The settings of a fit as options of the command line. */
import { type Command, Option } from 'commander';
import { type SettingDefinition, type SettingName, settingDefinitions } from './fit-settings.ts';

const optionOf = ({ flags, description, parse, choices, takesMore }: SettingDefinition<unknown>): Option => {
  const option = new Option(flags, description);
  if (choices) option.choices([...choices]);
  if (parse && (!choices || takesMore)) option.argParser(parse);
  return option;
};

/** Adds the options of some settings. */
export const addSettings = (command: Command, names: readonly SettingName[]): Command => {
  for (const name of names) command.addOption(optionOf(settingDefinitions[name] as SettingDefinition<unknown>));
  return command;
};
