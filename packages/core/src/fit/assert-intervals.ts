/** @throws RangeError unless all values are numbers in [0, `below`); `what` names the optimizer */
export const assertIntervals = (what: string, values: Readonly<Record<string, number>>, below: number): void => {
  for (const [name, value] of Object.entries(values))
    if (!(typeof value === 'number' && value >= 0 && value < below))
      throw new RangeError(`${what}: ${name} must be a number in [0, ${below}), got ${value}`);
};
