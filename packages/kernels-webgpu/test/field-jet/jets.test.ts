/** @file Field jets against float64 arithmetic that knows nothing of the layers' rules. */
import '../setup/node.ts';
import * as core from '@neural-fields/core';
import { jetContract } from '@neural-fields/testing/contracts';
import '../../src/index.ts';

jetContract(core, 'webgpu', { runs: 6 });
