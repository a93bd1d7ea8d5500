/** @file Compares field jets with float64 arithmetic that does not use the layers' rules. */
import '../setup/node.ts';
import * as core from '@neural-fields/core';
import { coreActivations } from '@neural-fields/core/layers';
import { jetContract } from '@neural-fields/testing/contracts';
import '../../src/index.ts';

jetContract({ ...core, coreActivations }, 'webgpu', { runs: 6 });
