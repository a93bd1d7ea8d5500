/** @file Where tests look for the receivers' data of the SIREN authors, which are not a part of this repository. */
import { fileURLToPath } from 'node:url';

/** The file. */
export const authorsFile: string = fileURLToPath(new URL('../../../../../shared/data/data_cylinder_5.mat', import.meta.url));

/** Why a test that needs it is skipped. */
export const authorsFileMissing =
  "needs data_cylinder_5.mat of the SIREN authors' repository in the folder ../shared/data beside the checkout";
