import type { ParameterNumbers } from '../ops/numbers.ts';
import { type ParameterDeclaration, ParameterLayout } from '../params/layout.ts';
import type { Network } from '../spec/network.ts';
import { tangentProgram } from './tangent-program.ts';

const known = new WeakMap<Network, Network>();

const make = ({ program, layout }: Network): Network => {
  const { entries, size } = layout;
  const declarations = entries.map(
    ({ layer, role, group, shape, initialise }): ParameterDeclaration => ({
      layer: `tangent.${layer}`,
      role,
      group,
      shape,
      initialise,
    }),
  );
  const directionOf = (numbers: ParameterNumbers): ParameterNumbers => ({
    ...numbers,
    index: entries.length + numbers.index,
    offset: size + numbers.offset,
  });
  return {
    program: tangentProgram(program, directionOf),
    layout: new ParameterLayout([...entries, ...declarations]),
    layers: [],
  };
};

/**
 * The network over the parameters [theta; v], `f32[2 P]`, whose features are those of a given one, and behind them their derivatives d/de along theta + e v:
 * see `tangent-program.ts`. The parameters of the direction v have the names of the others behind `tangent.`. The same object each time.
 *
 * It is a network like any other: it is partitioned, compiled and evaluated as one, and `batchNetworkOf` makes one of many fields of it.
 *
 * @throws TypeError when an activation has no formula, or a custom operation that depends on parameters has no tangent
 */
export const tangentNetworkOf = (network: Network): Network => {
  const tangent = known.get(network) ?? make(network);
  known.set(network, tangent);
  return tangent;
};
