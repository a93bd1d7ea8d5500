/** @file The products through workgroup memory, which are meant for graphics cards and take the emulator seconds to compile. */
import '../setup/node.ts';
import { smallFieldJetSuite } from '../suites/field-jet.ts';

smallFieldJetSuite({ productStyle: 'tiled' });
