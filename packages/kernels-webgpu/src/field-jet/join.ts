import type { Plan } from '../device/plan.ts';
import type { Part } from './forward-plan.ts';

/** Concatenates parts. A buffer that several need has the largest of their sizes. */
export const joinParts = (...parts: readonly Part[]): Plan => {
  const slots: Record<string, number> = {};
  for (const part of parts)
    for (const [name, floats] of Object.entries(part.slots)) slots[name] = Math.max(slots[name] ?? 0, floats);
  return { slots, steps: parts.flatMap(({ steps }) => steps) };
};
