/** The command-line option for a name in commander: `sample-rate` for `sampleRate`. */
export const optionName = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
