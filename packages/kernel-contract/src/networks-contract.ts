/**
 * @file The contract for networks of all kinds of operations: a backend agrees with the composed evaluation, and runs
 *   the operations that it supports in its kernels.
 */
import { createField, type DerivativeRequest, executionPlan } from '@neural-fields/core';
import type { Operation } from '@neural-fields/core/kernels';
import { setBackend } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectParity, measure, pointsFor } from './measure.ts';
import { extensions, type NetworkCase, networks, specOf } from './networks.ts';

/** Options of the contract. */
export interface NetworksContractOptions {
  /** Must be registered already, and `cpu` too. */
  readonly backend: string;
  /**
   * The kinds of operations for which it has kernels, in any combination; empty if it takes only chains of dense
   * layers.
   */
  readonly fuses: readonly Operation['kind'][];
  /** False where networks are slow to compile: then only the highest order is run. */
  readonly exhaustive: boolean;
  /** Whether grids run in its kernels where only some blocks of their vertices have rows; true if absent. */
  readonly fusesBlocks?: boolean;
}

const REQUESTS: readonly DerivativeRequest[] = [
  {},
  { gradient: true },
  { laplacian: true },
  { gradient: true, hessian: true },
];
const HIGHEST: readonly DerivativeRequest[] = [{ gradient: true, hessian: true }];

/** Declares the tests in the caller's `describe`. */
export const networksContract = ({ backend, fuses, exhaustive, fusesBlocks = true }: NetworksContractOptions): void => {
  const requests = exhaustive ? REQUESTS : HIGHEST;

  it.each(Object.keys(networks))('agrees with the composed evaluation: %s', async name => {
    const network = networks[name] as NetworkCase;
    const field = createField(specOf(network), { seed: 3, extensions });
    const isInside = network.kinds.every(kind => fuses.includes(kind)) && (fusesBlocks || !network.hasBlocks);
    const points = network.points ?? 37;
    for (const request of requests)
      await expectParity({ backend, field, points, request, relative: 4e-5, fused: isInside ? 'whole' : 'any' });
    if (!isInside) return;
    await setBackend(backend);
    expect(new Set(executionPlan(field.spec, {}, extensions).fused)).toEqual(new Set(network.kinds));
  });

  it('is deterministic where many points share a row', async () => {
    const network = networks['a hashed table in space with shared rows'] as NetworkCase;
    const field = createField(specOf(network), { seed: 3, extensions });
    const coords = pointsFor(field, exhaustive ? 3000 : 300);
    const first = await measure(backend, field, coords, { gradient: true });
    expect(await measure(backend, field, coords, { gradient: true })).toEqual(first);
  });
};
