/** The option of the command line that commander gives under a name: `sampleRate` is `sample-rate`. */
export const optionName = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
