/** @file Compares the fused field jet with the composed one on the cpu backend. */
import '../setup/node.ts';
import { fieldJetSuite } from '../suites/field-jet.ts';

fieldJetSuite();
