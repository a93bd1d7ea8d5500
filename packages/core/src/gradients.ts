/**
 * @file Registers the gradients of all tfjs ops. tfjs-core alone registers none until its registration file is
 *   imported, and Node cannot import that file, whose own imports lack file extensions. So this file has two builds:
 *   bundlers use the one that imports the file from the peer dependency, Node the one that contains it (`#gradients` in
 *   package.json). Both write to the global registry of tfjs.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
