/** @file Goals of a fit on the command line: how good, and how long. */
import { ArgumentError } from '@neural-fields/app-kit';

/** A goal that ends a fit early: in decibels, or without a unit. */
export interface Goal {
  readonly value: number;
  readonly unit: 'dB' | undefined;
}

const NUMBER = '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?';
const GOAL = new RegExp(`^(${NUMBER})\\s*(dB)?$`, 'i');
const TIME = new RegExp(`^(${NUMBER})\\s*(s|m|min|h)?$`, 'i');

/** Reads `40dB`, or a number. */
export const parseGoal = (text: string): Goal => {
  const [, number, unit] = GOAL.exec(text.trim()) ?? [];
  const value = Number(number);
  if (number === undefined || !Number.isFinite(value)) throw new ArgumentError('decibels such as 40dB, or a number');
  return { value, unit: unit === undefined ? undefined : 'dB' };
};

/** Formats a goal so that {@link parseGoal} reads it. */
export const formatGoal = ({ value, unit }: Goal): string => `${value}${unit ?? ''}`;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 };

/** Reads `30s`, `5m` or `1h`; a plain number is in seconds. */
export const parseTime = (text: string): number => {
  const [, number, unit = 's'] = TIME.exec(text.trim()) ?? [];
  const seconds = Number(number) * (SECONDS[unit.toLowerCase()] as number);
  if (!(Number.isFinite(seconds) && seconds > 0)) throw new ArgumentError('a time such as 30s, 5m or 1h');
  return seconds;
};
