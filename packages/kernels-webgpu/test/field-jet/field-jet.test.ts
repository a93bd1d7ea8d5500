/** @file The fused field jet against the composed one on the cpu backend. */
import '../setup/node.ts';
import { fieldJetSuite } from '../suites/field-jet.ts';

fieldJetSuite();
